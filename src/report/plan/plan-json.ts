import type { HookErrorPolicy, HookPoint, HookSpec } from '../../model/hook.js';
import type { Operation, ScenarioPlan, SuitePlan } from '../../model/plan.js';
import type { DependencyCondition } from '../../model/service.js';
import { maskWith } from '../text/mask.js';

/** What `plan --format json` prints. */
export interface PlanDocument {
  readonly scenarios: readonly ScenarioDocument[];
  readonly skipped: readonly {
    readonly name: string;
    readonly directory: string;
    readonly reason: string;
  }[];
  readonly nodes: readonly NodeDocument[];
  readonly estimated_duration_s: number | null;
  /** Scenarios that the estimate leaves out, since they give none. */
  readonly without_estimate: readonly string[];
  readonly wait_between_scenarios_s: number;
  readonly continue_on_failure: boolean;
  /** Those of the run as a whole. */
  readonly hooks: readonly HookDocument[];
}

export interface ScenarioDocument {
  readonly name: string;
  readonly directory: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly estimated_duration_s: number | null;
  readonly nodes: readonly string[];
  readonly batches: readonly (readonly string[])[];
  readonly services: readonly {
    /** `service@node` for an instance on several nodes. */
    readonly name: string;
    readonly node: string;
    readonly depends_on: readonly {
      readonly service: string;
      readonly condition: DependencyCondition;
    }[];
  }[];
  readonly script: {
    readonly node: string;
    readonly script: string;
    readonly timeout_s: number;
    readonly result_paths: readonly string[];
    readonly collection_mode: string;
    /** Names only: values may be secret. */
    readonly env: readonly string[];
  };
  readonly hooks: readonly HookDocument[];
  readonly operations: readonly OperationDocument[];
}

export interface HookDocument {
  readonly point: HookPoint;
  readonly hook: string;
  readonly node: string;
  readonly timeout_s: number;
  readonly on_error: HookErrorPolicy;
  readonly cause: string;
}

export interface OperationDocument {
  readonly id: string;
  readonly phase: string;
  readonly node: string | null;
  readonly service: string | null;
  readonly description: string;
  readonly depends_on: readonly string[];
  readonly cause: string;
}

export interface NodeDocument {
  readonly name: string;
  readonly host: string;
  readonly transport: string;
  readonly runtime: string;
}

/** Secrets are masked in the texts that may hold some, such as the command of a service. */
export function planJson(plan: SuitePlan): PlanDocument {
  const mask = maskWith(plan.secrets);
  return {
    scenarios: plan.scenarios.map((scenario) => documentScenario(scenario, mask)),
    skipped: plan.skipped,
    nodes: nodesOf(plan),
    estimated_duration_s: inSeconds(plan.estimatedDurationMs),
    without_estimate: plan.withoutEstimate,
    wait_between_scenarios_s: plan.waitBetweenScenariosMs / 1000,
    continue_on_failure: plan.continueOnFailure,
    hooks: plan.hooks.map((hook) => documentHook(hook, mask)),
  };
}

/** Every node that some scenario of the plan uses, once, in the order of the files. */
export function nodesOf({ scenarios }: SuitePlan): readonly NodeDocument[] {
  const byName = new Map(
    scenarios.flatMap(({ nodes }) =>
      nodes.map(({ name, host, transport, runtime }) => [name, { name, host, transport, runtime }]),
    ),
  );
  return [...byName.values()];
}

function documentScenario(
  { scenario, nodes, batches, operations }: ScenarioPlan,
  mask: (text: string) => string,
): ScenarioDocument {
  const { testExecution } = scenario;
  return {
    name: scenario.name,
    directory: scenario.directory,
    description: scenario.description,
    tags: scenario.tags,
    estimated_duration_s: inSeconds(scenario.estimatedDurationMs),
    nodes: nodes.map(({ name }) => name),
    batches,
    services: scenario.services.map(({ id, node, dependsOn }) => ({
      name: id,
      node,
      depends_on: dependsOn.map(({ service, condition }) => ({ service, condition })),
    })),
    script: {
      node: testExecution.node,
      script: testExecution.script,
      timeout_s: testExecution.timeoutMs / 1000,
      result_paths: testExecution.resultPaths.map(({ path, kind }) =>
        kind === 'directory' ? `${path}/` : path,
      ),
      collection_mode: testExecution.collectionMode,
      env: Object.keys(testExecution.env),
    },
    hooks: scenario.hooks.map((hook) => documentHook(hook, mask)),
    operations: operations.map((operation) => documentOperation(operation, mask)),
  };
}

function documentHook(hook: HookSpec, mask: (text: string) => string): HookDocument {
  const { point, name, node, timeoutMs, onError, source } = hook;
  return {
    point,
    hook: mask(name),
    node,
    timeout_s: timeoutMs / 1000,
    on_error: onError,
    cause: `${source.file}:${source.line}`,
  };
}

function documentOperation(
  { id, phase, node, service, description, dependsOn, cause }: Operation,
  mask: (text: string) => string,
): OperationDocument {
  return {
    id,
    phase,
    node,
    service,
    description: mask(description),
    depends_on: dependsOn,
    cause,
  };
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
