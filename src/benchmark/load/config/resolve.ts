import path from 'node:path';

import { closest } from 'fastest-levenshtein';

import {
  BENCH_KEY_NAMES,
  BENCH_KEYS,
  type BenchConfig,
  type BenchKeyName,
  flagOf,
} from './bench-config.js';
import type { BenchConfigFile, BenchConfigProblem } from './config-file.js';
import type { Reader } from './readers.js';

/** The values of flags, as the file would hold them. */
export type BenchFlags = Readonly<Partial<Record<BenchKeyName, unknown>>>;

export type ResolvedConfig =
  | { readonly ok: true; readonly config: BenchConfig }
  | { readonly ok: false; readonly problems: readonly BenchConfigProblem[] };

/**
 * Joins the file and the flags, key by key: a flag wins, `metadata` is merged. All problems are reported at once.
 *
 * @param file `null` where there is none.
 * @param workingDirectory What a dataset given as a flag is relative to; the file's own is relative to the file.
 */
export function resolveBenchConfig(
  file: BenchConfigFile | null,
  flags: BenchFlags,
  workingDirectory: string,
): ResolvedConfig {
  const problems: BenchConfigProblem[] = file ? findUnknownKeys(file) : [];

  const readFrom = <T>(
    key: BenchKeyName,
    value: unknown,
    where: string,
    read: Reader<T>,
  ): T | undefined => {
    // A null is how JSON says that there is nothing; only a concurrency gives it a meaning.
    if (value === undefined || (value === null && key !== 'max_concurrency')) return undefined;
    const reading = read(value);
    if (reading.ok) return reading.value;
    problems.push({
      where,
      message: `expected ${reading.expected}, got ${excerpt(value)}`,
      hint: '',
    });
    return undefined;
  };
  const readFlag = <T>(key: BenchKeyName, read: Reader<T>) =>
    readFrom(key, flags[key], flagOf(key), read);
  const readKey = <T>(key: BenchKeyName, read: Reader<T>) =>
    file ? readFrom(key, file.values[key], `${file.locate(key)} ${key}`, read) : undefined;
  const take = <T>(key: BenchKeyName, read: Reader<T>, fallback: T): T => {
    const written = readKey(key, read);
    return readFlag(key, read) ?? written ?? fallback;
  };

  if ((flags.base_url ?? file?.values['base_url'] ?? null) === null) {
    problems.push({
      where: file?.path ?? flagOf('base_url'),
      message: 'base_url is missing: which server shall be measured?',
      hint: 'give --base-url http://HOST:PORT, or "base_url" in test_config.json',
    });
  }
  const dataset = take('dataset', BENCH_KEYS.dataset.read, 'random');
  const base = file && flags.dataset === undefined ? path.dirname(file.path) : workingDirectory;
  const isRandom = dataset === 'random';
  const config: BenchConfig = {
    baseUrl: take('base_url', BENCH_KEYS.base_url.read, ''),
    model: take('model', BENCH_KEYS.model.read, null),
    endpoint: take('endpoint', BENCH_KEYS.endpoint.read, 'completions'),
    dataset: isRandom ? dataset : path.resolve(base, dataset),
    numPrompts: take('num_prompts', BENCH_KEYS.num_prompts.read, 100),
    maxConcurrency: take('max_concurrency', BENCH_KEYS.max_concurrency.read, [null]),
    requestRate: take('request_rate', BENCH_KEYS.request_rate.read, [Infinity]),
    inputLen: take('input_len', BENCH_KEYS.input_len.read, 1024),
    outputLen: take('output_len', BENCH_KEYS.output_len.read, 128),
    // Random words give a model every reason to stop early, and the load would not be what was asked for.
    ignoreEos: take('ignore_eos', BENCH_KEYS.ignore_eos.read, isRandom),
    seed: take('seed', BENCH_KEYS.seed.read, 0),
    warmup: take('warmup', BENCH_KEYS.warmup.read, 0),
    timeoutMs: take('timeout', BENCH_KEYS.timeout.read, 600_000),
    extraBody: take('extra_body', BENCH_KEYS.extra_body.read, {}),
    apiKeyEnv: take('api_key_env', BENCH_KEYS.api_key_env.read, null),
    metadata: {
      ...readKey('metadata', BENCH_KEYS.metadata.read),
      ...readFlag('metadata', BENCH_KEYS.metadata.read),
    },
    label: take('label', BENCH_KEYS.label.read, null),
    allowFailures: take('allow_failures', BENCH_KEYS.allow_failures.read, 0),
  };
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems };
}

function findUnknownKeys(file: BenchConfigFile): BenchConfigProblem[] {
  return Object.keys(file.values)
    .filter((key) => !Object.hasOwn(BENCH_KEYS, key) && !key.startsWith('x-'))
    .map((key) => ({
      where: file.locate(key),
      message: `unknown key ${key}`,
      hint: `did you mean ${closest(key, [...BENCH_KEY_NAMES])}? Keys of your own begin with x-, or go under metadata`,
    }));
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
