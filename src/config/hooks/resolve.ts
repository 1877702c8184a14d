import { HOOK_POINTS, type HookPoint, type HookSpec, SUITE_POINTS } from '../../model/hook.js';
import type { Settings } from '../project/layers.js';
import { locateKey, renderPath } from '../yaml/tree.js';
import { readHooks, type HookContext } from './read.js';

/** The points of the run itself; `on_failure` for one that failed before any scenario. */
const OF_SUITE: readonly HookPoint[] = [...SUITE_POINTS, 'on_failure'];
const OF_SCENARIO = HOOK_POINTS.filter((point) => !isSuitePoint(point));

/**
 * The hooks of the run as a whole.
 *
 * @param discovered What lies in `hooks/`.
 */
export function resolveSuiteHooks(
  settings: Settings,
  discovered: readonly HookSpec[],
  context: HookContext,
): readonly HookSpec[] {
  return resolveAt(OF_SUITE, settings, discovered, context);
}

/** The hooks of one scenario. What it says of a point replaces what the project says; files in `hooks/` are called besides. */
export function resolveScenarioHooks(
  settings: Settings,
  discovered: readonly HookSpec[],
  context: HookContext,
): readonly HookSpec[] {
  for (const point of SUITE_POINTS) {
    const written = settings.find(`hooks.${point}`);
    if (written?.layer !== 'scenario') continue;
    context.report({
      severity: 'error',
      at: locateKey(written.entry),
      path: renderPath(written.path),
      message: `${point} belongs to the run, and not to one scenario`,
      hint: 'write it in defaults.yaml',
    });
  }
  return resolveAt(OF_SCENARIO, settings, discovered, context);
}

function resolveAt(
  points: readonly HookPoint[],
  settings: Settings,
  discovered: readonly HookSpec[],
  context: HookContext,
): readonly HookSpec[] {
  return points.flatMap((point) => {
    const written = settings.find(`hooks.${point}`);
    const configured = written ? readHooks(point, written, context) : [];
    const named = new Set(configured.flatMap(fileOf));
    return [
      // A file that the configuration says more about is called as it says, and once.
      ...discovered.filter(
        (hook) => hook.point === point && !fileOf(hook).some((f) => named.has(f)),
      ),
      ...configured,
    ];
  });
}

function fileOf({ program }: HookSpec): readonly string[] {
  return program.kind === 'script' ? [program.file] : [];
}

function isSuitePoint(point: HookPoint): boolean {
  return SUITE_POINTS.some((each) => each === point);
}
