import { Command, InvalidArgumentError, Option } from 'commander';

import { parseDuration } from '../../benchmark/duration.js';
import {
  type EngineOptions,
  type Role,
  ROLES,
  type RouterOptions,
} from '../../benchmark/simulator/options.js';
import { ExitCode } from '../../model/exit-code.js';
import { CliError } from '../error.js';
import { print } from '../output.js';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly role: Role;
  readonly model: string;
  readonly prefillMsPerToken: number;
  readonly decodeMs: number;
  readonly decodeMsPerSequence: number;
  readonly maxBatch: number;
  readonly maxPrefillTokens: number;
  readonly maxModelLen: number;
  readonly meanOutputTokens: number;
  readonly jitter: number;
  readonly seed: number;
  readonly failRate: number;
  readonly dropRate: number;
  readonly startupDelay: number;
  readonly prefillUrl: readonly string[];
  readonly decodeUrl: readonly string[];
  readonly upstream: readonly string[];
}

export function simulateEngineCommand(): Command {
  return new Command('simulate-engine')
    .description(
      'a simulator that stands in for an OpenAI-compatible inference engine: no model runs',
    )
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <port>', '0 for any that is free; it is printed', integer(0, 65_535), 8000)
    .option('--model <name>', 'the model it claims to serve', 'simulated-model')
    .addOption(
      new Option('--role <role>', 'what it stands in for').choices(ROLES).default('engine'),
    )
    .option('--prefill-ms-per-token <ms>', 'time to read a token of a prompt', number(0), 0.1)
    .option('--decode-ms <ms>', 'time of a step, however many it serves', number(0), 10)
    .option('--decode-ms-per-sequence <ms>', 'and for each sequence in it', number(0), 0.2)
    .option('--max-batch <n>', 'sequences in a step; others wait in line', integer(1), 32)
    .option('--max-prefill-tokens <n>', 'prompt tokens in a step', integer(1), 8192)
    .option('--max-model-len <n>', 'tokens of prompt and answer together', integer(1), 131_072)
    .option('--mean-output-tokens <n>', 'length of answers without ignore_eos', number(1), 256)
    .option('--jitter <ratio>', 'how far the time of a step may be off', number(0, 1), 0)
    .option('--seed <n>', 'for answers, jitter and failures', integer(0), 0)
    .option('--fail-rate <ratio>', 'share of requests answered with status 500', number(0, 1), 0)
    .option('--drop-rate <ratio>', 'share of answers cut off in the middle', number(0, 1), 0)
    .option(
      '--startup-delay <duration>',
      'how long it answers 503: seconds, 500ms, 1m',
      duration,
      0,
    )
    .option('--prefill-url <url,…>', 'router: workers that read the prompt first', urls, [])
    .option('--decode-url <url,…>', 'router: workers that answer', urls, [])
    .option('--upstream <url,…>', 'router: engines that do both', urls, [])
    .addHelpText(
      'after',
      `
A step takes decode-ms + decode-ms-per-sequence × batch + prefill-ms-per-token × prompt tokens that join.
Roles: engine does everything; prefill makes one token only; decode takes every prompt as read already;
router sends each request to a prefill worker first, then passes on what a decode worker answers.

Examples:
  $ playbook simulate-engine --port 8000
  $ playbook simulate-engine --role prefill --port 8001 &
  $ playbook simulate-engine --role decode --port 8002 &
  $ playbook simulate-engine --role router --prefill-url http://127.0.0.1:8001 --decode-url http://127.0.0.1:8002`,
    )
    .action(async (options: Options) => {
      await serve(options);
    });
}

/** Serves until a signal; being told to stop is how it is meant to end. */
async function serve(options: Options): Promise<void> {
  const settings = options.role === 'router' ? toRouter(options) : toEngine(options, options.role);
  const [{ startSimulator }, { systemClock }, { untilSignalled }] = await Promise.all([
    import('../../benchmark/simulator/simulator.js'),
    import('../../async/clock.js'),
    import('../signals.js'),
  ]);
  const signals = untilSignalled();
  try {
    const started = await startSimulator(settings, options.host, options.port, systemClock);
    if (!started.ok) {
      const { message, hint } = started.failure;
      throw new CliError(message, ExitCode.scenarioFailed, hint);
    }
    const what = options.role === 'router' ? 'router' : `${options.role}, model ${options.model}`;
    print(`playbook simulator (${what}) listening on ${started.value.url}: no model runs here`);
    await new Promise<void>((resolve) => {
      if (signals.signal.aborted) resolve();
      signals.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await started.value.close();
  } finally {
    signals.dispose();
  }
}

function toEngine(options: Options, role: EngineOptions['role']): EngineOptions {
  if (options.prefillUrl.length + options.decodeUrl.length + options.upstream.length > 0) {
    throw new CliError(
      'only a router has other engines behind it',
      ExitCode.usage,
      'give --role router, or leave out --prefill-url, --decode-url and --upstream',
    );
  }
  return {
    role,
    model: options.model,
    timing: {
      prefillMsPerToken: options.prefillMsPerToken,
      decodeMs: options.decodeMs,
      decodeMsPerSequence: options.decodeMsPerSequence,
      jitter: options.jitter,
    },
    limits: { maxBatch: options.maxBatch, maxPrefillTokens: options.maxPrefillTokens },
    maxModelLen: options.maxModelLen,
    meanOutputTokens: options.meanOutputTokens,
    failRate: options.failRate,
    dropRate: options.dropRate,
    startupDelayMs: options.startupDelay,
    seed: options.seed,
  };
}

function toRouter({ prefillUrl, decodeUrl, upstream }: Options): RouterSettings {
  const isPlain = upstream.length > 0 && prefillUrl.length + decodeUrl.length === 0;
  const isSplit = upstream.length === 0 && prefillUrl.length > 0 && decodeUrl.length > 0;
  if (!isPlain && !isSplit) {
    throw new CliError(
      'a router needs workers',
      ExitCode.usage,
      'give both --prefill-url and --decode-url, or --upstream alone',
    );
  }
  return { role: 'router', prefillUrls: prefillUrl, decodeUrls: [...decodeUrl, ...upstream] };
}

type RouterSettings = { readonly role: 'router' } & RouterOptions;

function number(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= least && value <= most)
      return value;
    throw new InvalidArgumentError(`Expected a number${describeRange(least, most)}.`);
  };
}

function integer(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw new InvalidArgumentError(`Expected a whole number${describeRange(least, most)}.`);
  };
}

function describeRange(least: number, most: number): string {
  return Number.isFinite(most) ? ` from ${least} to ${most}` : `, at least ${least}`;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError('Expected seconds, or a length of time such as 500ms, 90s, 5m.');
}

function urls(text: string, earlier: readonly string[]): readonly string[] {
  const added = text.split(',').map((part) => {
    const url = URL.canParse(part.trim()) ? new URL(part.trim()) : null;
    if (url?.protocol === 'http:' || url?.protocol === 'https:') {
      return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
    }
    throw new InvalidArgumentError(
      'Expected URLs such as http://127.0.0.1:8001, joined by commas.',
    );
  });
  return [...earlier, ...added];
}
