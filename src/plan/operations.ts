import type { Operation } from '../model/plan.js';
import type { ScenarioSpec } from '../model/scenario.js';
import type { Dependency, ServiceSpec } from '../model/service.js';
import { CONTROLLER } from '../model/node.js';
import type { ServiceGraph } from './graph.js';
import { machinesOf } from './machines.js';
import { lastOf, planHooks } from './hooks.js';
import { describeProcess, describeReadiness, describeScript } from './description.js';

/** Every step of one scenario, in an order in which they may happen, each with what it waits for and why it is there. */
export function planOperations(
  scenario: ScenarioSpec,
  graph: ServiceGraph,
  batches: readonly (readonly string[])[],
): readonly Operation[] {
  const machines = machinesOf(scenario);
  const inOrder = batches.flat();
  const script = scenario.testExecution;
  const where = `${scenario.directory}/metadata.yaml`;
  const isBatched = scenario.concurrentDeployment.scheduling === 'batch';
  const batchOf = new Map(
    batches.flatMap((batch, index) => batch.map((id) => [id, index] as const)),
  );

  const operations: Operation[] = [];
  const add = (operation: Operation) => operations.push(operation);

  const before = planHooks(scenario, 'before_scenario', []);
  operations.push(...before);
  for (const machine of machines) {
    add({
      id: `prepare ${machine}`,
      phase: 'prepare',
      node: nodeOf(machine),
      service: null,
      description: `copy ${scenario.directory}/ to a working folder ${whereOf(machine)}`,
      dependsOn: lastOf(before, []),
      cause: `every run works on a copy of the scenario`,
    });
  }

  for (const id of inOrder) {
    const service = graph.service(id);
    const batch = batchOf.get(id) ?? 0;
    const earlier = isBatched && batch > 0 ? (batches[batch - 1] ?? []) : [];
    add({
      id: `deploy ${id}`,
      phase: 'deploy',
      node: service.node,
      service: id,
      description: `start ${id} on ${service.node}: ${describeProcess(service)}`,
      dependsOn: unique([
        `prepare ${service.node}`,
        ...service.dependsOn.map(milestone),
        ...earlier.map((previous) => `ready ${previous}`),
      ]),
      cause: causeOf(service),
    });
    add({
      id: `ready ${id}`,
      phase: 'ready',
      node: service.node,
      service: id,
      description: `wait until ${id} ${describeReadiness(service)}`,
      dependsOn: [`deploy ${id}`],
      cause: causeOf(service),
    });
  }

  const allReady = [`prepare ${script.node}`, ...scenario.services.map(({ id }) => `ready ${id}`)];
  const afterReady = planHooks(scenario, 'after_ready', allReady);
  operations.push(...afterReady);
  add({
    id: 'benchmark',
    phase: 'benchmark',
    node: nodeOf(script.node),
    service: null,
    description: describeScript(script),
    dependsOn: lastOf(afterReady, allReady),
    cause: `${where}: test_execution`,
  });

  const afterBenchmark = planHooks(scenario, 'after_benchmark', ['benchmark']);
  operations.push(...afterBenchmark);
  add({
    id: 'collect',
    phase: 'collect',
    node: nodeOf(script.node),
    service: null,
    description: `collect ${describeCollected(scenario)}`,
    dependsOn: lastOf(afterBenchmark, ['benchmark']),
    cause: `${where}: test_execution.result_paths, collection_mode ${script.collectionMode}`,
  });

  for (const id of [...inOrder].reverse()) {
    add({
      id: `stop ${id}`,
      phase: 'stop',
      node: graph.service(id).node,
      service: id,
      description: `stop ${id} on ${graph.service(id).node}`,
      dependsOn: ['collect', ...graph.dependentsOf(id).map((dependent) => `stop ${dependent}`)],
      cause: 'what was started is stopped, dependents first',
    });
  }

  for (const machine of machines) {
    add({
      id: `clean ${machine}`,
      phase: 'clean',
      node: nodeOf(machine),
      service: null,
      description: `remove the working folder ${whereOf(machine)}`,
      dependsOn: [
        'collect',
        ...scenario.services.filter(({ node }) => node === machine).map(({ id }) => `stop ${id}`),
      ],
      cause: 'nothing of a scenario outlives it',
    });
    add({
      id: `verify ${machine}`,
      phase: 'verify',
      node: nodeOf(machine),
      service: null,
      description: `prove that nothing is left ${whereOf(machine)}`,
      dependsOn: [`clean ${machine}`],
      cause: 'the next scenario starts on a clean node',
    });
  }
  const proven = machines.map((machine) => `verify ${machine}`);
  operations.push(...planHooks(scenario, 'after_scenario', proven));
  return operations;
}

function milestone({ service, condition }: Dependency): string {
  return condition === 'service_started' ? `deploy ${service}` : `ready ${service}`;
}

function causeOf({ source }: ServiceSpec): string {
  return `${source.file}:${source.line}`;
}

function whereOf(machine: string): string {
  return machine === CONTROLLER ? 'here' : `on ${machine}`;
}

function nodeOf(machine: string): string | null {
  return machine === CONTROLLER ? null : machine;
}

function describeCollected({ testExecution, services }: ScenarioSpec): string {
  const paths = testExecution.resultPaths.map(({ path, kind }) =>
    kind === 'directory' ? `${path}/` : path,
  );
  const results = paths.length === 0 ? 'SCENARIO_RESULT_PATH' : paths.join(', ');
  const logs =
    services.length === 0
      ? ''
      : `; ${services.length === 1 ? 'log' : 'logs'} of ${services.length} service${services.length === 1 ? '' : 's'}`;
  switch (testExecution.collectionMode) {
    case 'basic':
      return results;
    case 'standard':
      return `${results}${logs}`;
    case 'comprehensive':
      return `${results}${logs}; system logs`;
  }
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
