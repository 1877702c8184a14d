import { isAbsolute, join, normalize } from 'node:path';

import { CONTROLLER } from '../../model/node.js';
import type { ResultPath, TestExecution } from '../../model/scenario.js';
import type { SourceLocation } from '../../model/source.js';
import { reportUnset } from '../check/section.js';
import { RESERVED_RESULTS } from '../file-names.js';
import type { Settings, Written } from '../project/layers.js';
import { hasWindowsLineEnds, readFirstLine } from '../source/first-line.js';
import { leavesFolder } from '../source/place.js';
import { locateEntry, locateNode, renderPath } from '../yaml/tree.js';
import { statOf } from '../source/stat.js';
import type { ScenarioContext } from './context.js';
import type { Instance } from './services/instances.js';
import { textOf, type Placement } from './services/placement.js';
import { readDuration } from './settings.js';

export interface ExecutionContext extends ScenarioContext {
  readonly settings: Settings;
  readonly placement: Placement;
  readonly instances: readonly Instance[];
  /** The scenario's `metadata.yaml`, for what is written nowhere. */
  readonly source: SourceLocation;
}

/** Resolves how a scenario is tested. What is wrong becomes problems, and something harmless stands in its place. */
export function resolveTestExecution(context: ExecutionContext): TestExecution {
  const { settings, report } = context;
  return {
    node: resolveNode(context),
    script: resolveScript(context),
    timeoutMs: readDuration(settings, 'test_execution.timeout', report),
    resultPaths: resolveResultPaths(context),
    collectionMode: settings.get('test_execution.collection_mode', report),
    env: resolveEnv(context),
  };
}

function resolveNode(context: ExecutionContext): string {
  const { settings, placement, instances, report } = context;
  const wanted = settings.get('test_execution.node', report);
  const written = settings.find('test_execution.node');
  switch (wanted) {
    case 'local':
    case CONTROLLER:
      return CONTROLLER;
    case 'remote':
      return (
        ((placement.isStandardNamed ? undefined : instances[0]?.node) ?? placement.standard())
          ?.name ?? CONTROLLER
      );
    case 'auto': {
      const nodes = new Set(instances.map(({ node }) => node.name));
      const [only] = nodes;
      return nodes.size === 1 && only !== undefined ? only : CONTROLLER;
    }
    default: {
      const { at, path } = placeOf(written, context);
      return placement.find(wanted, at, path)?.name ?? CONTROLLER;
    }
  }
}

function placeOf(written: Written | undefined, { source }: ExecutionContext) {
  return written
    ? { at: locateEntry(written.entry), path: renderPath(written.path) }
    : { at: source, path: '' };
}

function resolveScript(context: ExecutionContext): string {
  const { settings, report, compose } = context;
  const script = normalize(settings.get('test_execution.script', report));
  const written = settings.find('test_execution.script');
  const { at, path } = placeOf(written, context);
  const tell = (severity: 'error' | 'warning', message: string, hint: string) =>
    report({ severity, at, path, message, hint });
  if (isAbsolute(script) || leavesFolder(script)) {
    tell('error', `the script lies outside the folder of the scenario: '${script}'`, '');
    return script;
  }
  const file = join(compose.folder, script);
  const stats = statOf(file);
  if (!stats) {
    tell(
      'error',
      `the test script ${script} does not exist`,
      written ? '' : 'write it, or name another one: `test_execution: { script: … }`',
    );
  } else if (!stats.isFile()) {
    tell('error', `the test script ${script} is not a file`, '');
  } else {
    const firstLine = readFirstLine(file);
    if (hasWindowsLineEnds(firstLine)) {
      tell(
        'error',
        `the test script ${script} has Windows line ends: its interpreter would not be found`,
        `sed -i 's/\\r$//' ${script}`,
      );
    } else if (firstLine?.startsWith('#!') === false) {
      tell(
        'warning',
        `the test script ${script} has no \`#!\` line, so /bin/sh runs it`,
        'start it with `#!/bin/bash`, or whatever it is written in',
      );
    }
  }
  return script;
}

function resolveResultPaths(context: ExecutionContext): readonly ResultPath[] {
  const { settings, report } = context;
  const written = settings.find('test_execution.result_paths');
  if (written?.entry.value.kind !== 'sequence') return [];
  settings.get('test_execution.result_paths', report);
  const found = new Map<string, ResultPath>();
  for (const [index, node] of written.entry.value.items.entries()) {
    const text = textOf(node);
    if (text === undefined) continue;
    const source = locateNode(node);
    const tell = (severity: 'error' | 'warning', message: string, hint = '') =>
      report({ severity, at: source, path: renderPath([...written.path, index]), message, hint });
    const isDirectory = text.endsWith('/');
    const path = text === '/' ? text : text.replace(/\/+$/, '');
    const place = normalize(path);
    if (text.trim() === '' || text.includes('\0')) {
      tell('error', 'is no path');
    } else if (!isAbsolute(path) && leavesFolder(path)) {
      tell(
        'error',
        `'${text}' leads out of the working folder of the script`,
        'for something outside write an absolute path',
      );
    } else if (place === '.' || place === '/') {
      tell(
        'error',
        `'${text}' is everything there is`,
        'name the folder or files that are results',
      );
    } else if (RESERVED_RESULTS.includes(place)) {
      tell(
        'error',
        `'${text}' is where the output of the script itself is kept`,
        'choose another name',
      );
    } else if (found.has(place)) {
      tell('warning', `'${text}' is listed twice`);
    } else {
      found.set(place, {
        path: place,
        kind: isDirectory ? 'directory' : 'files',
        isAbsolute: isAbsolute(path),
        source,
      });
    }
  }
  return [...found.values()];
}

function resolveEnv(context: ExecutionContext): Readonly<Record<string, string>> {
  const { settings, report, secrets } = context;
  const env: [string, string][] = [];
  for (const [name, { path, entry }] of settings.findEnv()) {
    if (!reportUnset(entry.value, path, report) || entry.value.kind !== 'scalar') continue;
    const { source } = entry.value;
    if (!/^[^=\0]+$/.test(name) || source.includes('\0')) {
      const message =
        'is no environment variable: a name has no `=`, and neither has a NUL character';
      report({ severity: 'error', at: locateEntry(entry), path: renderPath(path), message });
      continue;
    }
    secrets.note(name, source);
    env.push([name, source]);
  }
  return Object.fromEntries(env);
}
