import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { SourceLocation } from '../../../model/source.js';
import { ENV_FILE } from '../../file-names.js';
import { parseDotenv } from '../../source/dotenv.js';
import { locate } from '../../source/file.js';
import { displayName } from '../../source/place.js';
import { readSource } from '../../source/read.js';
import type { Lookup } from '../../value/template.js';
import { locateKey, type YamlEntry, type YamlMap } from '../../yaml/tree.js';
import { baseOf, resolveInside, type ComposeContext } from '../context.js';
import { INCLUDE_KEYS } from '../keys.js';
import type { ComposeFile, LoadedService, LoadedServices } from '../model.js';
import { checkKeys, fail, readText, readTexts, valueOf, type Placed } from '../reader.js';
import { applyExtends } from './extends.js';
import { readComposeFile } from './file.js';
import { mergeService } from './merge.js';

/**
 * Loads a compose file with everything that it extends and includes.
 *
 * @param path Absolute.
 * @param override Absolute: a file that is laid over it.
 * @param named Where it is named, if it is.
 * @returns `undefined` where a file cannot be read at all; what is wrong within it is reported only.
 */
export async function loadCompose(
  context: ComposeContext,
  path: string,
  override: string | null,
  named: Placed | undefined,
): Promise<LoadedServices | undefined> {
  const file = await readComposeFile(context, path, context.lookup, named);
  if (!file) return undefined;
  const loaded = await loadModel(context, [file], context.lookup, [path]);
  if (override === null) return loaded;
  const over = await readComposeFile(context, override, context.lookup, undefined);
  if (!over) return undefined;
  // Also over what the file includes, which is why these are not files of one model.
  const services = new Map(loaded);
  const laidOver = await loadModel(context, [over], context.lookup, [override]);
  for (const service of laidOver.values()) layOver(services, service);
  return services;
}

function layOver(services: Map<string, LoadedService>, service: LoadedService): void {
  const { name, map } = service;
  const earlier = services.get(name);
  const merged = earlier && { ...earlier, map: mergeService(earlier.map, map) };
  services.set(name, merged ?? service);
}

/** One model out of one file, or of several that are merged, the later over the earlier. */
async function loadModel(
  context: ComposeContext,
  files: readonly ComposeFile[],
  lookup: Lookup,
  including: readonly string[],
): Promise<LoadedServices> {
  const services = new Map<string, LoadedService>();
  for (const file of files) {
    for (const [name, map] of await applyExtends(context, file, lookup)) {
      layOver(services, { name, map, at: placeOf(file.services.get(name)?.entry, map) });
    }
  }
  for (const file of files) {
    for (const part of readIncludes(context, file)) {
      await include(context, part, lookup, including, services);
    }
  }
  return services;
}

function placeOf(entry: YamlEntry | undefined, map: YamlMap): SourceLocation {
  return entry ? locateKey(entry) : locate(map.file, map.start);
}

interface Include {
  readonly value: Placed;
  readonly paths: readonly string[];
  readonly envFiles: readonly string[];
  readonly projectDirectory: string | undefined;
}

function readIncludes(context: ComposeContext, file: ComposeFile): readonly Include[] {
  const { report } = context;
  if (!file.include) return [];
  if (file.include.node.kind !== 'sequence') {
    fail(report, file.include, '`include` must be a list', 'write `include: [other.yaml]`');
    return [];
  }
  return file.include.node.items.flatMap((node, index): Include[] => {
    const value: Placed = { node, path: ['include', index] };
    if (node.kind !== 'map') {
      const path = readText(report, value);
      return path === undefined
        ? []
        : [{ value, paths: [path], envFiles: [], projectDirectory: undefined }];
    }
    const map = { node, path: value.path };
    checkKeys(report, map, INCLUDE_KEYS);
    const path = valueOf(map, 'path');
    if (!path) {
      fail(report, value, '`path` is missing: the compose file to include');
      return [];
    }
    const paths = readTexts(report, path, true);
    const envFile = valueOf(map, 'env_file');
    const directory = valueOf(map, 'project_directory');
    if (!paths || paths.length === 0) return [];
    return [
      {
        value,
        paths,
        envFiles: (envFile && readTexts(report, envFile, true)) ?? [],
        projectDirectory: directory && readText(report, directory),
      },
    ];
  });
}

async function include(
  context: ComposeContext,
  part: Include,
  lookup: Lookup,
  including: readonly string[],
  services: Map<string, LoadedService>,
): Promise<void> {
  const { report } = context;
  const { value } = part;
  const base = baseOf(context, value.node.file);
  const paths = part.paths.map((path) => resolveInside(context, value, path, base));
  const [first] = paths;
  if (first === undefined || paths.includes(undefined)) return;
  if (including.includes(first)) {
    const circle = [...including.slice(including.indexOf(first)), first];
    const names = circle.map((path) => displayName(context.root, path)).join(' → ');
    fail(report, value, `\`include\` goes round in a circle: ${names}`);
    return;
  }

  const directory =
    part.projectDirectory === undefined
      ? resolve(first, '..')
      : resolve(base, part.projectDirectory);
  const variables = readIncludeEnvironment(context, part, lookup, base, directory);
  const includedLookup: Lookup = (name) => lookup(name) ?? variables.get(name);

  const files: ComposeFile[] = [];
  for (const path of paths) {
    const file = path && (await readComposeFile(context, path, includedLookup, value));
    if (!file) return;
    context.bases.set(file.root.file, directory);
    files.push(file);
  }
  const included = await loadModel(context, files, includedLookup, [...including, first]);
  for (const service of included.values()) {
    const existing = services.get(service.name);
    // The same file reached on two ways is no conflict.
    const isSame =
      existing?.map.file.path === service.map.file.path && existing.map.start === service.map.start;
    if (existing && !isSame) {
      fail(
        report,
        value,
        `includes a service \`${service.name}\`, which ${existing.at.file}:${existing.at.line} defines already`,
        'rename one of them: `include` merges nothing',
      );
    } else {
      services.set(service.name, service);
    }
  }
}

function readIncludeEnvironment(
  context: ComposeContext,
  part: Include,
  lookup: Lookup,
  base: string,
  directory: string,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const standard = join(directory, ENV_FILE);
  const paths =
    part.envFiles.length > 0
      ? part.envFiles.map((path) => resolveInside(context, part.value, path, base))
      : [existsSync(standard) ? standard : undefined];
  for (const path of paths) {
    if (path === undefined) continue;
    const name = displayName(context.root, path);
    const read = readSource(path, name);
    if (!read.ok) {
      fail(
        context.report,
        part.value,
        `the env_file ${name} ${read.problem.message}`,
        read.problem.hint,
      );
      continue;
    }
    const dotenv = parseDotenv(read.file.text, lookup, 'compose');
    for (const { offset, severity, message, hint } of dotenv.problems) {
      context.report({ severity, at: locate(read.file, offset), path: '', message, hint });
    }
    for (const [key, variable] of dotenv.values) {
      context.secrets.note(key, variable);
      variables.set(key, variable);
    }
  }
  return variables;
}
