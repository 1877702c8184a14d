import type { HookPoint, HookSpec } from '../../model/hook.js';
import type { NodeSpec } from '../../model/node.js';
import type { ResultPath, ScenarioSpec } from '../../model/scenario.js';
import type { Dependency, ServiceSpec } from '../../model/service.js';

/** A value of the configuration; only lists and what is in them are nested. */
export type Value =
  string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Effective values by their key: `test_execution.timeout`. Durations are in seconds, sizes in bytes. */
export type Values = ReadonlyMap<string, Value>;

/** What is under these was named by the user. */
const USER_KEYED: ReadonlySet<string> = new Set(['env', 'variables', 'services']);

/** What only describes a scenario, or says when it runs, how often, and what its nodes have to be like beforehand. */
const NOT_WHAT_IS_RUN: ReadonlySet<string> = new Set<keyof ScenarioSpec>([
  'name',
  'directory',
  'path',
  'description',
  'enabled',
  'estimatedDurationMs',
  'tags',
  'nodes',
  'retryStrategy',
  'isolation',
]);

/** Hooks at other points come too late to change a result. */
const SHAPING_POINTS: ReadonlySet<string> = new Set<HookPoint>([
  'before_suite',
  'before_scenario',
  'after_ready',
  'after_benchmark',
]);

/** Whether a hook has a part in what a scenario measures: what it sets is set while that runs. */
export function isShaping({ point }: Pick<HookSpec, 'point'>): boolean {
  return SHAPING_POINTS.has(point);
}

/**
 * Everything of a scenario that changes what is run, under the names that the files use.
 *
 * @param scenario With the hooks of its run among its own.
 */
export function valuesOf(scenario: ScenarioSpec): Values {
  const { services, testExecution, serviceHealthCheck, composeVariables, hooks, ...others } =
    scenario;
  return flatten({
    // Also what is added some day: rather run once too often than keep what does not hold any more.
    ...Object.fromEntries(Object.entries(others).filter(([key]) => !NOT_WHAT_IS_RUN.has(key))),
    services: Object.fromEntries(services.map((service) => [service.id, describeService(service)])),
    testExecution: { ...testExecution, resultPaths: testExecution.resultPaths.map(writtenPath) },
    serviceHealthCheck: { enabled: serviceHealthCheck.enabled },
    variables: composeVariables,
    hooks: describeHooks(hooks.filter(isShaping)),
  });
}

/** What of a node decides where something runs; how one logs in there does not. */
export function valuesOfNode(node: NodeSpec): Values {
  const { transport, host, port, username, runtime, dockerComposePath, resultsPath } = node;
  return flatten({ transport, host, port, username, runtime, dockerComposePath, resultsPath });
}

/** By point, in the order in which they are called. */
function describeHooks(hooks: readonly HookSpec[]) {
  const points = new Map<string, object[]>();
  for (const { point, name, program, node, timeoutMs, env } of hooks) {
    const how =
      program.kind === 'script'
        ? { interpreter: program.interpreter, args: program.args }
        : { line: program.line };
    const called = { name, ...how, node, timeout: timeoutMs / 1000, env };
    points.set(point, [...(points.get(point) ?? []), called]);
  }
  return Object.fromEntries(points);
}

function describeService({ dependsOn, ...service }: ServiceSpec) {
  return { ...service, dependsOn: dependsOn.map(writtenDependency) };
}

function writtenDependency({ service, condition, required }: Dependency): string {
  return `${service} (${condition}${required ? '' : ', not required'})`;
}

function writtenPath({ path, kind }: ResultPath): string {
  return kind === 'directory' ? `${path}/` : path;
}

function flatten(root: object): Values {
  const values = new Map<string, Value>();
  const walk = (object: object, prefix: string, isUserKeyed: boolean) => {
    for (const [key, inner] of Object.entries(object) as [string, unknown][]) {
      // Where something is written says nothing of what it is.
      if (inner === undefined || (key === 'source' && !isUserKeyed)) continue;
      const { name, value } = isUserKeyed ? { name: key, value: inner } : asWritten(key, inner);
      const path = prefix + name;
      if (isPlainObject(value)) walk(value, `${path}.`, !isUserKeyed && USER_KEYED.has(key));
      else values.set(path, value as Value);
    }
  };
  walk(root, '', false);
  return values;
}

/** `deploymentTimeoutMs: 600000` is `deployment_timeout: 600` in the files. */
function asWritten(key: string, value: unknown): { name: string; value: unknown } {
  if (key.endsWith('Ms') && (value === null || typeof value === 'number')) {
    return { name: snakeCase(key.slice(0, -2)), value: value === null ? null : value / 1000 };
  }
  return { name: snakeCase(key.endsWith('Bytes') ? key.slice(0, -5) : key), value };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
