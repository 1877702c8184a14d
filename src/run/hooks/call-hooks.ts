import path from 'node:path';

import { createFailure, type Failure } from '../../model/failure.js';
import { ALL_NODES, type HookPoint, type HookSpec } from '../../model/hook.js';
import { CONTROLLER, type NodeSpec } from '../../model/node.js';
import { createRedactor } from '../../remote/redaction.js';
import { nameHook } from '../../report/text/hook-name.js';
import { maskStrings } from '../../results/document.js';
import { HOOKS } from '../../results/layout.js';
import type { RunContext } from '../context.js';
import { inSeconds, recordOf } from '../events.js';
import { controllerToken } from '../controller.js';
import type { HookCall } from './call.js';
import { LAST_WORDS_MS } from './patience.js';
import { type HookEnd, type HookMachine, runHook } from './run-hook.js';

/** A point of a run, and all that a hook is told there. */
export interface HookScene {
  readonly point: HookPoint;
  /** `null`: the run as a whole. */
  readonly scenario: string | null;
  /** What `all` means. */
  readonly nodes: readonly NodeSpec[];
  readonly env: (machine: string) => Readonly<Record<string, string>>;
  /** Absolute, on the machine. */
  readonly cwd: (machine: string) => string | null;
  /** What happened. Secrets are masked here. */
  readonly event: Readonly<Record<string, unknown>>;
  /** Below it the output is kept, absolute. */
  readonly folder: string;
  /** The run is to stop: what comes before something is given up, what comes after it has to be quick. */
  readonly signal: AbortSignal;
}

const GIVEN_UP: readonly HookPoint[] = [
  'before_suite',
  'before_scenario',
  'after_ready',
  'after_benchmark',
];

/** The context of a run, as far as hooks need it. */
export type HookContext = Pick<
  RunContext,
  | 'run'
  | 'root'
  | 'clock'
  | 'pool'
  | 'controller'
  | 'journal'
  | 'leases'
  | 'emit'
  | 'secrets'
  | 'nodes'
>;

/**
 * Calls the hooks of a point one after the other, each on all its machines at once. One that fails, and is to fail the rest,
 * is the last.
 *
 * @returns Failures that count: those of hooks that only warn are told, and no more.
 */
export async function callHooks(
  context: HookContext,
  hooks: readonly HookSpec[],
  scene: HookScene,
): Promise<readonly Failure[]> {
  const called = hooks.filter(({ point }) => point === scene.point);
  for (const hook of called) {
    if (scene.signal.aborted && patienceOf(scene) === 0) return [];
    const machines = machinesOf(hook, context, scene);
    const ends = await Promise.all(machines.map((node) => callOne(context, hook, node, scene)));
    const failures = ends.flat();
    if (failures.length > 0) return failures;
  }
  return [];
}

/** Those that only matter to what goes on are given up with the signal; the others have to clean up, or to tell. */
function patienceOf({ point }: HookScene): number {
  return GIVEN_UP.includes(point) ? 0 : LAST_WORDS_MS;
}

function machinesOf(
  { node }: HookSpec,
  { controller, nodes }: HookContext,
  scene: HookScene,
): readonly NodeSpec[] {
  if (node === CONTROLLER) return [controller];
  if (node === ALL_NODES) return scene.nodes;
  const named = nodes.find(({ name }) => name === node);
  if (!named) throw new Error(`the plan lacks node ${node}`);
  return [named];
}

async function callOne(
  context: HookContext,
  hook: HookSpec,
  node: NodeSpec,
  scene: HookScene,
): Promise<readonly Failure[]> {
  const { clock, emit, secrets } = context;
  const { scenario, point } = scene;
  const redactor = createRedactor(secrets);
  const about = {
    point,
    hook: hook.name,
    node: node.name,
    ...(scenario === null ? {} : { scenario }),
  };
  const entered = await context.journal.enter({
    node: node.name,
    kind: 'script',
    scenario,
    description: `${point} hook ${nameHook(hook.name)}`,
  });
  if (!entered.ok) return [entered.failure];

  const patienceMs = patienceOf(scene);
  const timeoutMs = scene.signal.aborted ? Math.min(hook.timeoutMs, patienceMs) : hook.timeoutMs;
  emit({ type: 'hook_started', ...about, timeout_s: inSeconds(timeoutMs) });
  const at = new Date(clock.now()).toISOString();
  const told = { point, node: node.name, at, run: context.run, scenario, ...scene.event };
  const call: HookCall = {
    hook,
    node,
    scenario,
    env: scene.env(node.name),
    cwd: scene.cwd(node.name),
    input: `${JSON.stringify(maskStrings(told, redactor.text))}\n`,
    log: path.join(scene.folder, HOOKS, `${point}.${node.name}.log`),
    signal: scene.signal,
    patienceMs,
  };
  const machine: HookMachine = {
    pool: context.pool,
    clock,
    identity: { run: context.run, controller: controllerToken(context.root) },
    root: context.root,
    redactor,
    claim: (name) => claim(context, name),
    noteBases: (name, bases) => context.journal.noteBases(name, bases),
  };
  const end = await runHook(machine, call);
  emit({
    type: 'hook_finished',
    ...about,
    status: end.status,
    exit_code: end.exitCode,
    signal: end.signal,
    timed_out: end.isTimedOut,
    duration_s: inSeconds(end.durationMs),
    on_error: hook.onError,
    failure: end.failure === null ? null : recordOf(end.failure),
    output: end.output,
    log: call.log,
  });
  tell(context, call, end);
  // What may still be on the machine stays in the journal: the next run looks for it.
  if (isGone(end)) entered.value();
  return [...(hook.onError === 'fail' ? [end.failure] : []), end.left].filter(
    (one) => one !== null,
  );
}

/** A node may have been out of reach when the run began, or lost since. */
async function claim({ leases }: HookContext, node: string): Promise<Failure | null> {
  if (leases.holds(node)) return null;
  const [failure] = await leases.acquireFor([node]);
  if (failure || leases.holds(node)) return failure ?? null;
  return createFailure('lease_failed', 'the run was stopped before it had the node', { node });
}

/** What the event does not say. */
function tell({ emit }: HookContext, { scenario, node, log }: HookCall, end: HookEnd): void {
  const about = { ...(scenario === null ? {} : { scenario }), node: node.name };
  if (end.unlogged !== null) {
    const message = `the output of a hook could not be written to ${log}: ${end.unlogged}`;
    emit({ type: 'warning', ...about, message });
  }
  if (end.left !== null) {
    const { message, hint } = end.left;
    emit({ type: 'warning', ...about, message: hint === null ? message : `${message} (${hint})` });
  }
}

function isGone({ left, failure }: HookEnd): boolean {
  if (left !== null || failure?.kind === 'left_behind') return false;
  return failure?.cause?.kind !== 'connection_lost';
}
