import { access } from 'node:fs/promises';
import path from 'node:path';

import {
  BENCH_KEY_NAMES,
  type BenchConfig,
  type BenchKeyName,
  flagOf,
} from '../../benchmark/load/config/bench-config.js';
import {
  type BenchConfigProblem,
  loadConfigFile,
} from '../../benchmark/load/config/config-file.js';
import { resolveBenchConfig } from '../../benchmark/load/config/resolve.js';
import type { Dataset } from '../../benchmark/load/dataset/dataset.js';
import { type LoadedDataset, loadJsonlDataset } from '../../benchmark/load/dataset/jsonl.js';
import { createRandomDataset } from '../../benchmark/load/dataset/random.js';
import { resolveEndpoint } from '../../benchmark/load/request/endpoint.js';
import type { Globals } from '../globals.js';
import type { BenchOptions } from './options.js';

/** Everything a measurement needs, valid. */
export interface Prepared {
  readonly config: BenchConfig;
  readonly dataset: Dataset;
  readonly apiKey: string | null;
}

export type Preparation =
  | { readonly ok: true; readonly value: Prepared }
  | { readonly ok: false; readonly problems: readonly BenchConfigProblem[] };

/** Joins the file, the flags and the environment. Nothing is sent. */
export async function prepareBench(options: BenchOptions, globals: Globals): Promise<Preparation> {
  const file = await findFile(options, globals);
  const loaded = file === null ? null : await loadConfigFile(file);
  if (loaded && !loaded.ok) return { ok: false, problems: [loaded.problem] };

  const flags = Object.fromEntries(
    BENCH_KEY_NAMES.flatMap((key) => {
      const value = options[attributeOf(key)];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const resolved = resolveBenchConfig(loaded?.file ?? null, flags, process.cwd());
  if (!resolved.ok) return resolved;
  const { config } = resolved;
  const dataset = await openDataset(config);
  if (!dataset.ok) return dataset;
  const apiKey = readApiKey(config.apiKeyEnv);
  if (!apiKey.ok) return { ok: false, problems: [apiKey.problem] };
  return { ok: true, value: { config, dataset: dataset.dataset, apiKey: apiKey.value } };
}

/** @returns `null` where none was named and there is none of the usual name. */
async function findFile(options: BenchOptions, { root }: Globals): Promise<string | null> {
  if (options.config !== undefined) return options.config;
  const fromEnvironment = process.env['SCENARIO_CONFIG'] ?? '';
  if (fromEnvironment !== '') return fromEnvironment;
  const usual = path.join(root, 'test_config.json');
  return access(usual).then(
    () => usual,
    () => null,
  );
}

/** As commander names the value of `--num-prompts`: `numPrompts`. */
function attributeOf(key: BenchKeyName): string {
  return key.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function openDataset(config: BenchConfig): Promise<LoadedDataset> {
  if (config.dataset === 'random') {
    const dataset = createRandomDataset(config.seed, config.inputLen);
    return Promise.resolve({ ok: true, dataset });
  }
  const { isChat } = resolveEndpoint(config.baseUrl, config.endpoint);
  return loadJsonlDataset(config.dataset, isChat);
}

function readApiKey(variable: string | null) {
  if (variable === null) return { ok: true, value: null } as const;
  const value = process.env[variable];
  // What a header can hold.
  if (value !== undefined && /^[\x21-\x7e]+$/.test(value)) return { ok: true, value } as const;
  const problem = {
    where: flagOf('api_key_env'),
    message:
      value === undefined
        ? `the environment variable ${variable} is not set`
        : `the environment variable ${variable} holds no key: it is empty, or has blanks in it`,
    hint: '',
  };
  return { ok: false, problem } as const;
}
