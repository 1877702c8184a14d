import { ALL_NODES, type HookPoint, type HookSpec } from '../../model/hook.js';
import { CONTROLLER } from '../../model/node.js';
import type { SourceLocation } from '../../model/source.js';
import { createSection, reportUnset, type Section } from '../check/section.js';
import type { Report } from '../problem-log.js';
import type { Written } from '../project/layers.js';
import type { HookEntry } from '../schema/hooks.js';
import { parseDuration } from '../value/duration.js';
import type { SecretCollector } from '../value/secret.js';
import {
  locateNode,
  renderPath,
  type PathStep,
  type YamlMap,
  type YamlNode,
} from '../yaml/tree.js';
import { DEFAULT_TIMEOUT_MS, defaultPolicy } from './defaults.js';
import { resolveProgram } from './program.js';

export interface HookContext {
  /** The project, absolute. */
  readonly root: string;
  /** Where scripts are looked for, absolute, the first one first. */
  readonly folders: readonly string[];
  /** The name of a node that can be used; `undefined` after a problem was reported. */
  readonly findNode: (name: string, at: SourceLocation, path: string) => string | undefined;
  readonly secrets: SecretCollector;
  readonly report: Report;
}

/** The hooks that a file gives for one point: one or several, each as a line or with more to say. */
export function readHooks(
  point: HookPoint,
  { entry, path }: Written,
  context: HookContext,
): readonly HookSpec[] {
  const { value } = entry;
  const items: readonly (readonly [YamlNode, readonly PathStep[]])[] =
    value.kind === 'sequence'
      ? value.items.map((item, index) => [item, [...path, index]] as const)
      : [[value, path]];
  return items.flatMap(([node, at]) => readHook(point, node, at, context) ?? []);
}

function readHook(
  point: HookPoint,
  node: YamlNode,
  path: readonly PathStep[],
  context: HookContext,
): HookSpec | undefined {
  if (node.kind === 'sequence' || !reportUnset(node, path, context.report)) return undefined;
  const section =
    node.kind === 'map'
      ? createSection<HookEntry>(node, path, { report: context.report, invalid: new Set() })
      : undefined;
  const source = section ? section.at('run') : locateNode(node);
  const run = node.kind === 'scalar' ? node.value : section?.get('run');
  // Anything but a text was refused by the schema already.
  if (typeof run !== 'string') return undefined;
  const runPath = section ? [...path, 'run'] : path;
  const resolved = resolveProgram(run, context.root, context.folders);
  if (!resolved.ok) {
    const { message, hint } = resolved;
    context.report({
      severity: 'error',
      at: source,
      path: renderPath(runPath),
      message,
      hint,
    });
    return undefined;
  }
  if (resolved.doubt) {
    const path = renderPath(runPath);
    context.report({ severity: 'warning', at: source, path, ...resolved.doubt });
  }
  const written = section ? section.map.entries.get('run')?.value : node;
  if (written?.kind === 'scalar' && written.isSecret) {
    context.report({
      severity: 'warning',
      at: source,
      path: renderPath(runPath),
      message: 'a secret in a command can be seen in the list of processes',
      hint: 'pass it with `env`, and use it in the script as a variable',
    });
  }
  return {
    point,
    name: resolved.name,
    program: resolved.program,
    node: section ? readNode(section, context) : CONTROLLER,
    timeoutMs: section ? readTimeout(section) : DEFAULT_TIMEOUT_MS,
    onError: section?.get('on_error') ?? defaultPolicy(point),
    env: section ? readEnv(section.map, path, context) : {},
    source,
  };
}

function readNode(section: Section<HookEntry>, { findNode }: HookContext): string {
  const name = section.get('node');
  // `local` means here wherever a script may say where it runs.
  if (typeof name !== 'string' || name === CONTROLLER || name === 'local') return CONTROLLER;
  if (name === ALL_NODES) return ALL_NODES;
  return findNode(name, section.at('node'), renderPath([...section.path, 'node'])) ?? CONTROLLER;
}

function readTimeout(section: Section<HookEntry>): number {
  const written = section.get('timeout');
  if (written === undefined) return DEFAULT_TIMEOUT_MS;
  const timeoutMs = parseDuration(written);
  if (timeoutMs === 0) section.error('timeout', 'must be more than 0');
  return timeoutMs === undefined || timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : timeoutMs;
}

function readEnv(
  map: YamlMap,
  path: readonly PathStep[],
  { secrets, report }: HookContext,
): Readonly<Record<string, string>> {
  const value = map.entries.get('env')?.value;
  if (value?.kind !== 'map') return {};
  const env: [string, string][] = [];
  for (const { key, value: node } of value.entries.values()) {
    if (node.kind !== 'scalar') continue;
    if (!/^[^=\0]+$/.test(key) || node.source.includes('\0')) {
      report({
        severity: 'error',
        at: locateNode(node),
        path: renderPath([...path, 'env', key]),
        message: 'is no environment variable: a name has no `=`, and neither has a NUL character',
      });
      continue;
    }
    secrets.note(key, node.source);
    env.push([key, node.source]);
  }
  return Object.fromEntries(env);
}
