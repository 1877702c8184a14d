import type { Connection } from '../../remote/connection.js';
import type { Limit } from '../../readiness/poll.js';
import type { Deployment, DeploymentBackend } from '../../deploy/backend.js';
import type { Failure, Outcome } from '../../model/failure.js';
import type { NodeSpec, Runtime } from '../../model/node.js';
import type { Phase, ScenarioPlan } from '../../model/plan.js';
import type { Artifact, LoadPoint, ScriptRecord } from '../../model/result.js';
import type { ServiceGraph } from '../../plan/graph.js';
import type { Inputs } from '../../results/inputs/record.js';
import type { Provenance } from '../../results/provenance.js';
import { controllerToken } from '../controller.js';
import { type Place } from '../place.js';
import type { CrashWatch } from './services/crash-watch.js';
import type { ServiceRun } from './services/service-run.js';
import type { RunContext } from '../context.js';

/** One try of one scenario: what its phases hand on to each other. */
export interface Attempt {
  readonly context: RunContext;
  readonly plan: ScenarioPlan;
  readonly graph: ServiceGraph;
  /** 1-based. */
  readonly number: number;
  readonly maxAttempts: number;
  /** The scenario's result folder here, absolute. */
  readonly resultFolder: string;
  /** Aborts with the user's signal. Stopping, cleaning and verifying do not look at it. */
  readonly signal: AbortSignal;
  /** By machine name, the controller included; entered when a folder is about to be made there. */
  readonly places: Map<string, Place>;
  /** By machine name: each strikes something off the journal, once the machine was proven clean. */
  readonly strikes: Map<string, (() => void)[]>;
  /** By service id; entered when the service is about to be started. */
  readonly services: Map<string, ServiceRun>;
  /** Keeps probes within `max_concurrent_health_checks`. */
  readonly limitHealthChecks: Limit;
  /** Where crashes of services that were ready are reported. */
  readonly crashes: CrashWatch;
  /** Machines that were lost to others, or to their watchdogs, while they were needed. */
  readonly losses: Failure[];
  /** Machines whose results could not all be brought home: their folders are kept. */
  readonly uncollected: Set<string>;
  /** In the order in which they happened: the first is the cause of all. */
  readonly failures: Failure[];
  /** What could not be stopped or removed the ordinary way: whether that matters is for `verify` to say. */
  readonly setbacks: Failure[];
  readonly phaseTimes: { readonly phase: Phase; readonly duration_s: number }[];
  /** `null` until it was prepared. */
  provenance: Provenance | null;
  /** What it stands on; `null` until it was prepared. */
  inputs: Inputs | null;
  hasScriptRun: boolean;
  /** The hooks for that were called. */
  isFailureTold: boolean;
  script: ScriptRecord | null;
  artifacts: readonly Artifact[];
  metrics: readonly LoadPoint[];
}

/**
 * Does something on one machine, over the pool; every way to have no connection is a failure like any other.
 *
 * @param signal Ends the wait for a connection; none where something has to be cleaned up.
 */
export async function onMachine<T>(
  attempt: Attempt,
  node: NodeSpec,
  work: (connection: Connection) => Promise<Outcome<T>>,
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  const lent = await attempt.context.pool.use(node, work, { signal });
  return lent.ok ? lent.value : lent;
}

export function deploymentOn({ context, plan }: Attempt, place: Place): Deployment {
  return {
    run: context.run,
    controller: controllerToken(context.root),
    scenario: plan.scenario.name,
    node: place.node,
    workingFolder: place.workingFolder,
    stateFolder: place.stateFolder,
    variables: plan.scenario.composeVariables,
  };
}

/** The runtimes of this attempt's services on a machine; none where only the script runs there. */
export function runtimesOn(attempt: Attempt, machine: string): readonly Runtime[] {
  const onIt = attempt.plan.scenario.services.filter(({ node }) => node === machine);
  return [...new Set(onIt.map(({ runtime }) => runtime))];
}

export function placeOf(attempt: Attempt, machine: string): Place {
  const place = attempt.places.get(machine);
  if (!place) throw new Error(`${machine} was never prepared`);
  return place;
}

export function backendOf({ context }: Attempt, runtime: Runtime): DeploymentBackend {
  const backend = context.backends[runtime];
  // The nodes' check before the first scenario has refused the run otherwise.
  if (!backend) throw new Error(`no backend for runtime ${runtime}`);
  return backend;
}
