import { isAbsolute, resolve } from 'node:path';

import type { Report } from '../problem-log.js';
import { parseDotenv, parseRawEnv } from '../source/dotenv.js';
import { locate } from '../source/file.js';
import { displayName } from '../source/place.js';
import { readSource } from '../source/read.js';
import { describe, type YamlMap, type YamlScalar } from '../yaml/tree.js';
import { baseOf, resolveInside, type ComposeContext } from './context.js';
import { splitAssignment } from './files/merge.js';
import { ENV_FILE_KEYS } from './keys.js';
import {
  checkKeys,
  fail,
  isNull,
  readFlag,
  readMap,
  readText,
  valueOf,
  type Placed,
} from './reader.js';

/**
 * The environment that compose gives a service: its `env_file`s in their order, then its `environment`.
 *
 * @param isLocal Whether the node is this machine, so that an absolute `env_file` can be read from here.
 */
export function resolveEnvironment(
  context: ComposeContext,
  service: Placed<YamlMap>,
  isLocal: boolean,
): Readonly<Record<string, string>> {
  const env = Object.create(null) as Record<string, string>;
  const set = (name: string, value: string) => {
    context.secrets.note(name, value);
    env[name] = value;
  };
  for (const file of readEnvFiles(context, service)) {
    for (const [name, value] of readEnvFile(context, file, isLocal)) set(name, value);
  }
  const environment = valueOf(service, 'environment');
  if (environment) {
    for (const [name, value] of readEnvironment(context, environment)) set(name, value);
  }
  return { ...env };
}

/**
 * Looks through the environment of a service that runs in a container. Compose makes it itself, on the node, and says what is
 * wrong with it; but its env files have to be there, and so has what a name without a value stands for.
 */
export function checkEnvironment(context: ComposeContext, service: Placed<YamlMap>): void {
  for (const name of inheritedNames(service)) context.lookup(name);
  for (const file of readEnvFiles(context, service)) {
    if (isAbsolute(file.path)) continue;
    // They will be in the service's environment, and perhaps in its log.
    for (const [name, value] of readEnvFile(context, file, false)) {
      context.secrets.note(name, value);
    }
  }
}

/** The names in `environment` that have no value of their own. */
function inheritedNames(service: Placed<YamlMap>): readonly string[] {
  const node = valueOf(service, 'environment')?.node;
  if (node?.kind === 'map') {
    return [...node.entries.values()].flatMap(({ key, value }) => (isNull(value) ? [key] : []));
  }
  if (node?.kind !== 'sequence') return [];
  return node.items.flatMap((item) => {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return [];
    const [name, assigned] = splitAssignment(item.value);
    return assigned === null ? [name] : [];
  });
}

interface EnvFile {
  readonly value: Placed;
  readonly path: string;
  readonly isRequired: boolean;
  readonly isRaw: boolean;
}

function readEnvFiles(context: ComposeContext, service: Placed<YamlMap>): readonly EnvFile[] {
  const { report } = context;
  const value = valueOf(service, 'env_file');
  if (!value) return [];
  const items =
    value.node.kind === 'sequence'
      ? value.node.items.map((node, index) => ({ node, path: [...value.path, index] }))
      : [value];
  return items.flatMap((item): EnvFile[] => {
    if (item.node.kind !== 'map') {
      const path = readText(report, item);
      return path === undefined ? [] : [{ value: item, path, isRequired: true, isRaw: false }];
    }
    const map = readMap(report, item);
    const path = map && valueOf(map, 'path');
    if (!map || !path) {
      fail(report, item, '`path` is missing: the file to read');
      return [];
    }
    checkKeys(report, map, ENV_FILE_KEYS);
    const written = readText(report, path);
    const required = valueOf(map, 'required');
    const format = valueOf(map, 'format');
    const formatName = format && readText(report, format);
    if (format && formatName !== undefined && formatName !== 'raw') {
      fail(report, format, `must be raw, or not written; got '${formatName}'`);
    }
    if (written === undefined) return [];
    return [
      {
        value: path,
        path: written,
        isRequired: (required && readFlag(report, required)) ?? true,
        isRaw: formatName === 'raw',
      },
    ];
  });
}

function readEnvFile(
  context: ComposeContext,
  file: EnvFile,
  isLocal: boolean,
): ReadonlyMap<string, string> {
  const { report } = context;
  const nothing = new Map<string, string>();
  const base = baseOf(context, file.value.node.file);
  const path =
    isAbsolute(file.path) && isLocal
      ? resolve(file.path)
      : resolveInside(context, file.value, file.path, base);
  if (path === undefined) return nothing;
  const name = displayName(context.root, path);
  const read = readSource(path, name);
  if (!read.ok) {
    if (file.isRequired || !read.problem.isMissing) {
      const hint = read.problem.isMissing
        ? 'create it, or write `required: false`'
        : read.problem.hint;
      fail(report, file.value, `the file ${name} ${read.problem.message}`, hint);
    }
    return nothing;
  }
  const dotenv = file.isRaw
    ? parseRawEnv(read.file.text)
    : parseDotenv(read.file.text, context.lookup, 'compose');
  for (const { offset, severity, message, hint } of dotenv.problems) {
    report({ severity, at: locate(read.file, offset), path: '', message, hint });
  }
  return dotenv.values;
}

/** `environment`, as a map or a list. A name without a value takes it from where compose runs. */
function readEnvironment(context: ComposeContext, value: Placed): ReadonlyMap<string, string> {
  const { report, lookup } = context;
  const { node, path } = value;
  const env = new Map<string, string>();
  const set = (name: string, text: string | null) => {
    const found = text ?? lookup(name);
    if (found === undefined) env.delete(name);
    else env.set(name, found);
  };
  if (node.kind === 'map') {
    for (const entry of node.entries.values()) {
      const placed = { node: entry.value, path: [...path, entry.key] };
      const text = readEnvironmentValue(report, placed);
      if (text !== undefined && isName(context, placed, entry.key)) set(entry.key, text);
    }
  } else if (node.kind === 'sequence') {
    for (const [index, item] of node.items.entries()) {
      const placed = { node: item, path: [...path, index] };
      const text = readText(report, placed);
      if (text === undefined) continue;
      const [name, assigned] = splitAssignment(text);
      if (isName(context, placed, name)) set(name, assigned);
    }
  } else {
    fail(report, value, `must be a map or a list; got ${describe(node)}`);
  }
  return env;
}

function isName(context: ComposeContext, placed: Placed, name: string): boolean {
  if (name !== '' && !/[=\0]/.test(name)) return true;
  fail(context.report, placed, `\`${name}\` is no name for an environment variable`);
  return false;
}

/** The text that compose makes of a value; `null` for a value that is taken from elsewhere. */
function readEnvironmentValue(report: Report, value: Placed): string | null | undefined {
  const { node } = value;
  if (node.kind !== 'scalar' || typeof node.value === 'string') return readText(report, value);
  if (isNull(node)) return null;
  return typeof node.value === 'number' ? renderNumber(node, node.value) : String(node.value);
}

/** Whole numbers keep their digits; others are read and printed as Go does it, because compose is written in Go. */
function renderNumber({ source }: YamlScalar, value: number): string {
  if (/^[-+]?(?:0|[1-9]\d*)$/.test(source)) return source.replace('+', '');
  if (Number.isInteger(value) && /^(?:0x|0o)/.test(source)) return String(value);
  if (/^[-+]?0[0-7]+$/.test(source)) return String(Number.parseInt(source, 8));
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (!Number.isFinite(value) || (power >= -4 && power < 6)) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
