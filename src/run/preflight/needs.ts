import { BUILT_IN } from '../../config/project/built-in.js';
import { parseSize } from '../../config/value/size.js';
import type { HealthCheckStrategy, ScenarioSpec } from '../../model/scenario.js';
import type { PublishedPort } from '../../model/service.js';
import { portsOf } from '../isolation/ports/service-ports.js';
import { mostThorough } from './strategy.js';

/** What the scenarios of a run ask of one node. */
export interface NodeNeeds {
  /** Otherwise it need not be able to: nothing but hooks runs there. */
  readonly runsServices: boolean;
  /** That of the scenario that wants to know most. */
  readonly strategy: HealthCheckStrategy;
  readonly minFreeDiskBytes: number;
  /** Of the scenario with the most files: they are copied one after the other. */
  readonly filesBytes: number;
  readonly ports: readonly PortNeed[];
  readonly images: readonly ImageNeed[];
  readonly gpus: readonly GpuNeed[];
}

interface Asked {
  readonly scenario: string;
}

export interface PortNeed extends Asked {
  readonly service: string;
  readonly published: PublishedPort;
}

export interface ImageNeed extends Asked {
  readonly service: string;
  readonly image: string;
  readonly isBuilt: boolean;
  readonly mayPull: boolean;
}

export interface GpuNeed extends Asked {
  /** How many GPUs have to be as the others say. */
  readonly count: number;
  readonly minMemoryBytes: number | null;
  /** Words of the model's name. */
  readonly model: string | null;
}

/** What hooks ask of a node on which nothing else runs: that it answers. */
export const NEEDS_OF_HOOKS: NodeNeeds = {
  runsServices: false,
  strategy: 'quick',
  minFreeDiskBytes: 0,
  filesBytes: 0,
  ports: [],
  images: [],
  gpus: [],
};

/**
 * @param node The node's name. Where no scenario uses it, what is built in counts.
 * @param sizes By name of the scenario: bytes of its files.
 */
export function needsOf(
  scenarios: readonly ScenarioSpec[],
  node: string,
  sizes: ReadonlyMap<string, number> = new Map(),
): NodeNeeds {
  const users = scenarios.filter(({ nodes }) => nodes.includes(node));
  const health = users.map(({ serviceHealthCheck }) => serviceHealthCheck);
  const floors = health.map(({ minFreeDiskBytes }) => minFreeDiskBytes);
  return {
    runsServices: true,
    strategy:
      mostThorough(health.map(({ strategy }) => strategy)) ??
      BUILT_IN['service_health_check.strategy'],
    minFreeDiskBytes:
      floors.length > 0
        ? Math.max(...floors)
        : (parseSize(BUILT_IN['service_health_check.min_free_disk']) ?? 0),
    filesBytes: Math.max(0, ...users.map(({ name }) => sizes.get(name) ?? 0)),
    ports: users.flatMap((scenario) => portNeedsOf(scenario, node)),
    images: users.flatMap((scenario) => imagesOf(scenario, node)),
    gpus: users.flatMap((scenario) => gpusOf(scenario, node)),
  };
}

function servicesOn({ services }: ScenarioSpec, node: string) {
  return services.filter((service) => service.node === node);
}

function portNeedsOf(scenario: ScenarioSpec, node: string): PortNeed[] {
  return servicesOn(scenario, node).flatMap((service) =>
    portsOf(service).map((published) => ({
      scenario: scenario.name,
      service: service.id,
      published,
    })),
  );
}

function imagesOf(scenario: ScenarioSpec, node: string): ImageNeed[] {
  return servicesOn(scenario, node).flatMap(({ id, container }) =>
    container?.image == null
      ? []
      : [
          {
            scenario: scenario.name,
            service: id,
            image: container.image,
            isBuilt: container.isBuilt,
            mayPull: container.pullPolicy !== 'never',
          },
        ],
  );
}

/**
 * Where services say that they use GPUs, their nodes have to have what the scenario requires, and as many as they say. Where
 * none does, it is asked of every node with services; see `judgeScenarioGpus` for how many of them have to have it.
 */
function gpusOf(scenario: ScenarioSpec, node: string): GpuNeed[] {
  const { minGpuMemoryBytes, minGpus, gpuModel } = scenario.resourceRequirements;
  const here = servicesOn(scenario, node);
  const isSaid = scenario.services.some(({ container }) => container?.gpus != null);
  const reserved = here.flatMap(({ container }) => container?.gpus ?? []);
  if (here.length === 0 || (isSaid && reserved.length === 0)) return [];
  // Services may share a GPU: the most that one of them asks for is what there has to be.
  const counts = reserved.map(({ count }) => (count === 'all' ? 1 : count));
  const isRequired = minGpuMemoryBytes !== null || gpuModel !== null;
  const count = Math.max(minGpus ?? (isRequired ? 1 : 0), ...counts, 0);
  return count === 0
    ? []
    : [{ scenario: scenario.name, count, minMemoryBytes: minGpuMemoryBytes, model: gpuModel }];
}

/**
 * How many of a scenario's nodes have to have the GPUs that it requires: each, where services say which of them use some;
 * otherwise as many as `min_nodes` says, one where it does not: a router needs none.
 */
export function nodesWithGpus(scenario: ScenarioSpec): number | 'each' {
  if (scenario.services.some(({ container }) => container?.gpus != null)) return 'each';
  return scenario.resourceRequirements.minNodes ?? 1;
}
