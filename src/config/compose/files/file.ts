import { locate, startOf } from '../../source/file.js';
import { displayName } from '../../source/place.js';
import { readSource } from '../../source/read.js';
import type { Lookup } from '../../value/template.js';
import { parseYaml } from '../../yaml/parse.js';
import { collectSecrets } from '../../yaml/secrets.js';
import { describe, locateKey, type YamlMap } from '../../yaml/tree.js';
import type { ComposeContext } from '../context.js';
import { TOP_LEVEL_KEYS } from '../keys.js';
import type { ComposeEntry, ComposeFile } from '../model.js';
import { checkKeys, fail, isNull, type Placed } from '../reader.js';
import { interpolate } from './interpolate.js';

const SERVICE_NAME = /^[A-Za-z0-9._-]+$/;

/**
 * Reads a compose file.
 *
 * @param named Where the file is named; its absence is reported there. `undefined`: at the file itself.
 */
export async function readComposeFile(
  context: ComposeContext,
  path: string,
  lookup: Lookup,
  named: Placed | undefined,
): Promise<ComposeFile | undefined> {
  let files = context.files.get(lookup);
  if (!files) {
    files = new Map();
    context.files.set(lookup, files);
  }
  if (!files.has(path)) files.set(path, await readUncached(context, path, lookup, named));
  return files.get(path);
}

async function readUncached(
  context: ComposeContext,
  path: string,
  lookup: Lookup,
  named: Placed | undefined,
): Promise<ComposeFile | undefined> {
  const { report } = context;
  const name = displayName(context.root, path);
  const read = readSource(path, name);
  if (!read.ok) {
    const { message, hint, line } = read.problem;
    if (named) fail(report, named, `the file ${name} ${message}`, hint);
    else report({ severity: 'error', at: { ...startOf(name), line }, path: '', message, hint });
    return undefined;
  }
  const parsed = await parseYaml(read.file);
  if (!parsed.ok) {
    for (const { offset, message, hint } of parsed.problems) {
      report({ severity: 'error', at: locate(read.file, offset), path: '', message, hint });
    }
    return undefined;
  }
  if (parsed.root?.kind !== 'map') {
    const message =
      parsed.root === null || isNull(parsed.root)
        ? 'is empty'
        : `must be a map; got ${describe(parsed.root)}`;
    report({
      severity: 'error',
      at: startOf(name),
      path: '',
      message,
      hint: 'a compose file has a `services:` map',
    });
    return undefined;
  }
  checkKeys(report, { node: parsed.root, path: [] }, TOP_LEVEL_KEYS);
  const root = interpolate(parsed.root, lookup, report, context.told);
  collectSecrets(root, context.secrets);
  const include = root.entries.get('include');
  return {
    root,
    services: readServices(context, root),
    include:
      include && !isNull(include.value) ? { node: include.value, path: ['include'] } : undefined,
  };
}

function readServices(context: ComposeContext, root: YamlMap): ReadonlyMap<string, ComposeEntry> {
  const { report } = context;
  const found = new Map<string, ComposeEntry>();
  const services = root.entries.get('services');
  if (!services || isNull(services.value)) return found;
  if (services.value.kind !== 'map') {
    fail(
      report,
      { node: services.value, path: ['services'] },
      `must be a map; got ${describe(services.value)}`,
    );
    return found;
  }
  for (const entry of services.value.entries.values()) {
    const { key, value } = entry;
    if (key.startsWith('x-')) continue;
    const path = ['services', key];
    if (!SERVICE_NAME.test(key)) {
      const message = `\`${key}\` is no name for a service`;
      const hint = 'use letters, digits, `.`, `_` and `-`';
      report({ severity: 'error', at: locateKey(entry), path: path.join('.'), message, hint });
    } else if (value.kind === 'map') {
      found.set(key, { entry, map: value });
    } else {
      report({
        severity: 'error',
        at: locateKey(entry),
        path: path.join('.'),
        message: `must be a map; got ${describe(value)}`,
      });
    }
  }
  return found;
}
