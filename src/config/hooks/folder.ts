import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

import { HOOK_POINTS, type HookPoint, type HookSpec } from '../../model/hook.js';
import { CONTROLLER } from '../../model/node.js';
import { HOOKS_DIRECTORY } from '../file-names.js';
import type { Report } from '../problem-log.js';
import { startOf } from '../source/file.js';
import { findNearest } from '../value/nearest.js';
import { statOf } from '../source/stat.js';
import { DEFAULT_TIMEOUT_MS, defaultPolicy } from './defaults.js';
import { checkScript } from './script.js';

/** What editors and people leave beside a hook, and how a hook is put aside. */
const IGNORED = /^\.|~$|\.(?:bak|disabled|md|off|orig|rej|sample|swp|txt)$/i;
const FOLDER_SUFFIX = '.d';

/**
 * The hooks that lie in the project's `hooks/` under the name of their point: `before_suite`, `before_scenario.sh`, and all
 * files of `before_scenario.d/`. In the order of their names, those in a folder last. Other files may lie there, for hooks
 * to use; one with a name that is nearly that of a point is a mistake.
 */
export function discoverHooks(root: string, report: Report): readonly HookSpec[] {
  const hooks: { point: HookPoint; name: string }[] = [];
  const grouped: { point: HookPoint; name: string }[] = [];
  for (const entry of list(join(root, HOOKS_DIRECTORY))) {
    const { name } = entry;
    const stem = name.split('.', 1)[0] ?? '';
    const point = HOOK_POINTS.find((each) => each === stem);
    const at = startOf(`${HOOKS_DIRECTORY}/${name}`);
    const tell = (message: string, hint: string) =>
      report({ severity: 'warning', at, path: '', message, hint });
    if (point === undefined) {
      const nearest = findNearest(stem, HOOK_POINTS);
      if (nearest === undefined) continue;
      tell(
        `there is no point \`${stem}\`, so this is never called`,
        `did you mean \`${nearest}\`?`,
      );
    } else if (!isFolder(join(root, HOOKS_DIRECTORY), entry)) {
      hooks.push({ point, name });
    } else if (name === `${point}${FOLDER_SUFFIX}`) {
      for (const { name: inner } of list(join(root, HOOKS_DIRECTORY, name))) {
        grouped.push({ point, name: `${name}/${inner}` });
      }
    } else {
      tell('is a folder, so this is never called', `call it ${point}${FOLDER_SUFFIX}`);
    }
  }
  return [...hooks, ...grouped].flatMap(({ point, name }) => open(root, point, name, report));
}

function open(root: string, point: HookPoint, file: string, report: Report): HookSpec[] {
  const name = `${HOOKS_DIRECTORY}/${file}`;
  const path = join(root, HOOKS_DIRECTORY, file);
  const checked = checkScript(path, name);
  const source = startOf(name);
  if (!checked.ok) {
    const { message, hint } = checked;
    report({ severity: 'error', at: source, path: '', message, hint });
    return [];
  }
  return [
    {
      point,
      name,
      program: { kind: 'script', file: path, interpreter: checked.interpreter, args: [] },
      node: CONTROLLER,
      timeoutMs: DEFAULT_TIMEOUT_MS,
      onError: defaultPolicy(point),
      env: {},
      source,
    },
  ];
}

function list(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !IGNORED.test(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // Most projects have none.
    return [];
  }
}

function isFolder(parent: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statOf(join(parent, entry.name))?.isDirectory() ?? false;
}
