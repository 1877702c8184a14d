import { ALL_NODES, type HookPoint, type HookSpec } from '../model/hook.js';
import { CONTROLLER } from '../model/node.js';
import type { Operation, Phase } from '../model/plan.js';
import type { ScenarioSpec } from '../model/scenario.js';

/** The phase whose steps a hook stands among. */
const PHASE_OF = {
  before_scenario: 'prepare',
  after_ready: 'ready',
  after_benchmark: 'benchmark',
  after_scenario: 'verify',
} as const satisfies Partial<Record<HookPoint, Phase>>;

/**
 * The hooks of a point as steps: one after the other, each on all its machines at once.
 *
 * @param after Ids of what comes before the point.
 * @returns None where there is no hook.
 */
export function planHooks(
  { hooks, nodes }: ScenarioSpec,
  point: keyof typeof PHASE_OF,
  after: readonly string[],
): readonly Operation[] {
  const operations: Operation[] = [];
  let dependsOn = after;
  for (const [index, hook] of hooks.filter((each) => each.point === point).entries()) {
    const machines = hook.node === ALL_NODES ? nodes : [hook.node];
    const steps = machines.map((machine): Operation => ({
      id: `${point} ${index + 1} ${machine}`,
      phase: PHASE_OF[point],
      node: machine === CONTROLLER ? null : machine,
      service: null,
      description: describeHook({ ...hook, node: machine }),
      dependsOn,
      cause: causeOf(hook),
    }));
    operations.push(...steps);
    if (steps.length > 0) dependsOn = steps.map(({ id }) => id);
  }
  return operations;
}

/** Ids of what comes last among the hooks of a point; where there is none, what came before. */
export function lastOf(
  operations: readonly Operation[],
  after: readonly string[],
): readonly string[] {
  const needed = new Set(operations.flatMap(({ dependsOn }) => dependsOn));
  const last = operations.filter(({ id }) => !needed.has(id)).map(({ id }) => id);
  return last.length > 0 ? last : after;
}

function describeHook({ point, name, node, timeoutMs, onError }: HookSpec): string {
  const where = node === CONTROLLER ? 'here' : `on ${node}`;
  const consequence = onError === 'warn' ? ', a failure is a warning' : '';
  return `${point} hook: ${name} ${where} (at most ${timeoutMs / 1000} s${consequence})`;
}

function causeOf({ source }: HookSpec): string {
  return `${source.file}:${source.line}`;
}
