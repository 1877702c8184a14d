import { readFile, stat } from 'node:fs/promises';

import { findKeys, findSyntaxError } from './json-places.js';

/** Something that is wrong with the configuration of a measurement. */
export interface BenchConfigProblem {
  /** `test_config.json:3:5`, `--seed`; what a person has to look at. */
  readonly where: string;
  readonly message: string;
  /** What to do; empty where the message says it all. */
  readonly hint: string;
}

/** A `test_config.json` that holds a JSON object. */
export interface BenchConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a key stands: `test_config.json:3:5`. */
  locate(key: string): string;
}

export type LoadedConfigFile =
  | { readonly ok: true; readonly file: BenchConfigFile }
  | { readonly ok: false; readonly problem: BenchConfigProblem };

/** Far above any real one: reading on would only be slow. */
const LARGEST_BYTES = 1 << 20;
const DEEPEST = 100;

/** Reads a `test_config.json`. */
export async function loadConfigFile(path: string): Promise<LoadedConfigFile> {
  const refuse = (message: string, hint = '', where = path): LoadedConfigFile => ({
    ok: false,
    problem: { where, message, hint },
  });

  let text: string;
  try {
    const { size } = await stat(path);
    if (size > LARGEST_BYTES) return refuse('is larger than 1 MiB, which is no configuration');
    text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    return refuse(...describeFileError(error));
  }
  if (text.trim() === '')
    return refuse('is empty', 'the least it needs is {"base_url": "http://…"}');

  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    return refuse(`is not valid JSON: ${message}`, '', path + findSyntaxError(text, message));
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return refuse('does not hold a JSON object', 'write {"base_url": "http://…", …}');
  }

  const keys = findKeys(text);
  if (keys.depth > DEEPEST) return refuse('is nested too deeply');
  const [repeated] = keys.repeated;
  if (repeated) return refuse(`${repeated.key} is given twice`, '', path + repeated.place);
  return {
    ok: true,
    file: {
      path,
      values: values as Record<string, unknown>,
      locate: (key) => path + (keys.places.get(key) ?? ''),
    },
  };
}

function describeFileError(error: unknown): [message: string, hint: string] {
  const { code = '', message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return [
        'does not exist',
        'name another with --config, or give --base-url and the rest as flags',
      ];
    case 'EISDIR':
      return ['is a directory', 'name a file with --config'];
    case 'EACCES':
      return ['may not be read', ''];
    default:
      return [`cannot be read: ${message}`, ''];
  }
}
