import {
  type Reader,
  readBaseUrl,
  readBoolean,
  readConcurrency,
  readDuration,
  readEndpoint,
  readExtraBody,
  readInteger,
  readObject,
  readOneOrList,
  readRate,
  readRatio,
  readText,
  readVariableName,
} from './readers.js';

/** What to measure, fully resolved. */
export interface BenchConfig {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** `null`: the first one the server lists. */
  readonly model: string | null;
  /** `completions`, `chat`, or a path of the server. */
  readonly endpoint: string;
  /** `random`, or the absolute path of a JSONL file. */
  readonly dataset: string;
  /** Requests of each load point, without the warm-up. */
  readonly numPrompts: number;
  /** Requests in flight at most, for each load point; `null`: no limit. */
  readonly maxConcurrency: readonly (number | null)[];
  /** Requests per second, for each load point; `Infinity`: as fast as the concurrency allows. */
  readonly requestRate: readonly number[];
  /** Tokens of a random prompt, roughly. */
  readonly inputLen: number;
  /** `max_tokens` of a request whose line in the dataset gives none. */
  readonly outputLen: number;
  /** Asks the server to go on until `max_tokens`. */
  readonly ignoreEos: boolean;
  readonly seed: number;
  /** Requests sent before each load point and not measured. */
  readonly warmup: number;
  /** For one request, from sending it to the end of its answer. */
  readonly timeoutMs: number;
  /** Added to the body of every request; a `null` takes a member away. */
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** The environment variable that holds the server's API key. */
  readonly apiKeyEnv: string | null;
  /** Copied into the result. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The name of the measurement in results; `null`: named after its load. */
  readonly label: string | null;
  /** The share of requests that may fail before the whole counts as failed. */
  readonly allowFailures: number;
}

/** How a flag's text becomes the value that the file would hold. */
export type FlagSyntax = 'text' | 'number' | 'list' | 'json' | 'boolean' | 'pairs';

/** One key of `test_config.json`, which is a flag too. */
export interface BenchKey<T = unknown> {
  readonly syntax: FlagSyntax;
  /** How help names the flag's value. */
  readonly placeholder: string;
  readonly description: string;
  readonly read: Reader<T>;
}

function defineKey<T>(
  read: Reader<T>,
  syntax: FlagSyntax,
  placeholder: string,
  description: string,
): BenchKey<T> {
  return { read, syntax, placeholder, description };
}

/** The keys of `test_config.json`, in the order in which help lists them. */
export const BENCH_KEYS = {
  base_url: defineKey(readBaseUrl, 'text', 'url', 'the server, such as http://127.0.0.1:8000'),
  model: defineKey(
    readText,
    'text',
    'name',
    'model to ask for (default: the first the server lists)',
  ),
  endpoint: defineKey(
    readEndpoint,
    'text',
    'endpoint',
    'completions, chat, or a path (default: completions)',
  ),
  dataset: defineKey(
    readText,
    'text',
    'dataset',
    'random, or a JSONL file of {"prompt" or "messages", "output_len"?} (default: random)',
  ),
  num_prompts: defineKey(
    readInteger(1),
    'number',
    'n',
    'requests of each load point (default: 100)',
  ),
  max_concurrency: defineKey(
    readOneOrList(readConcurrency),
    'list',
    'n,…',
    'requests in flight at most; several make a sweep (default: unlimited)',
  ),
  request_rate: defineKey(
    readOneOrList(readRate),
    'list',
    'rate,…',
    'requests per second, arriving at random (Poisson), or inf; several make a sweep (default: inf)',
  ),
  input_len: defineKey(
    readInteger(1),
    'number',
    'tokens',
    'length of random prompts, roughly (default: 1024)',
  ),
  output_len: defineKey(
    readInteger(1),
    'number',
    'tokens',
    'max_tokens of each request (default: 128)',
  ),
  ignore_eos: defineKey(
    readBoolean,
    'boolean',
    '',
    'ask for all of max_tokens (default: for random prompts only)',
  ),
  seed: defineKey(readInteger(0), 'number', 'n', 'for prompts and arrivals (default: 0)'),
  warmup: defineKey(
    readInteger(0),
    'number',
    'n',
    'requests before each load point that are not measured (default: 0)',
  ),
  timeout: defineKey(
    readDuration,
    'text',
    'duration',
    'for one request: seconds, or 90s, 5m (default: 600)',
  ),
  extra_body: defineKey(
    readExtraBody,
    'json',
    'json',
    'added to the body of every request; null takes a member away',
  ),
  api_key_env: defineKey(
    readVariableName,
    'text',
    'variable',
    "environment variable that holds the server's API key",
  ),
  metadata: defineKey(readObject, 'pairs', 'key=value', 'copied into the result; repeatable'),
  label: defineKey(readText, 'text', 'text', 'name of the measurement in results'),
  allow_failures: defineKey(
    readRatio,
    'number',
    'ratio',
    'share of requests that may fail without exit code 1 (default: 0)',
  ),
} as const satisfies Readonly<Record<string, BenchKey>>;

export type BenchKeyName = keyof typeof BENCH_KEYS;

export const BENCH_KEY_NAMES = Object.keys(BENCH_KEYS) as readonly BenchKeyName[];

/** The flag of a key: `--num-prompts`. */
export function flagOf(key: BenchKeyName): string {
  return `--${key.replaceAll('_', '-')}`;
}
