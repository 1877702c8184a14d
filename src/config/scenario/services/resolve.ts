import type { ProcessSpec, ServiceSpec } from '../../../model/service.js';
import type { Section } from '../../check/section.js';
import { resolveContainer } from '../../compose/container.js';
import { checkEnvironment } from '../../compose/environment.js';
import { resolveProcess, type ProcessOptions } from '../../compose/process/resolve.js';
import type { Settings } from '../../project/layers.js';
import type { MetadataFile } from '../../schema/metadata.js';
import type { ScenarioContext } from '../context.js';
import { readHealthRetries, readReadinessSettings } from '../settings.js';
import { reportCycles } from './cycles.js';
import { resolveDependencies, type Edge } from './dependencies.js';
import { findInstances, type Instance } from './instances.js';
import type { Placement } from './placement.js';
import { reportRestartedOneShots } from './one-shots.js';
import { reportSharedPorts } from './ports.js';
import { reportMissingImages } from './images.js';
import { resolveReadiness } from './readiness.js';

export interface ResolvedServices {
  readonly services: readonly ServiceSpec[];
  readonly instances: readonly Instance[];
}

/** Resolves what a scenario deploys. A service that something is wrong with is left out; the problem says so. */
export async function resolveServices(
  context: ScenarioContext,
  metadata: Section<MetadataFile> | undefined,
  placement: Placement | undefined,
  settings: Settings,
): Promise<ResolvedServices> {
  const { report } = context;
  const deployed = await findInstances(context, metadata, placement);
  const { instances } = deployed;
  const readinessSettings = readReadinessSettings(settings, report);
  const healthRetries = readHealthRetries(settings, report);

  const resolved = instances.map((instance) => ({
    instance,
    process: resolveRuntime(context, instance, { healthRetries, services: deployed.names }),
    ...resolveReadiness(instance, readinessSettings),
  }));
  const checked = new Set(
    resolved.filter(({ hasCheck }) => hasCheck).map(({ instance }) => instance.id),
  );
  const edges = resolveDependencies(deployed, (id) => checked.has(id), report);
  reportCycles(edges, report);
  reportSharedPorts(instances, edges, report);
  reportMissingImages(instances, report);
  const oneShots = new Set(
    [...edges.values()]
      .flat()
      .filter(({ condition }) => condition === 'service_completed_successfully')
      .map(({ service }) => service),
  );
  reportRestartedOneShots(instances, oneShots, report);
  return {
    instances,
    services: resolved.map(({ instance, process, readiness }): ServiceSpec => {
      const { id, service, node, files, source } = instance;
      return {
        id,
        name: service.name,
        node: node.name,
        runtime: node.runtime,
        ...files,
        dependsOn: (edges.get(id) ?? []).map(withoutPlace),
        isOneShot: oneShots.has(id),
        readiness,
        process: process ?? null,
        container: node.runtime === 'docker' ? resolveContainer(service) : null,
        source,
      };
    }),
  };
}

function withoutPlace({ service, condition, required }: Edge) {
  return { service, condition, required };
}

/** What the runtime of the node needs to know, and whether it can run the service. */
function resolveRuntime(
  { compose }: ScenarioContext,
  { node, service }: Instance,
  options: Omit<ProcessOptions, 'isLocal'>,
): ProcessSpec | undefined {
  if (node.runtime === 'process') {
    return resolveProcess(compose, service, { ...options, isLocal: node.transport === 'local' });
  }
  checkEnvironment(compose, { node: service.map, path: ['services', service.name] });
  return undefined;
}
