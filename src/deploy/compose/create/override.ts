import type { ServiceSpec } from '../../../model/service.js';
import type { Deployment } from '../../backend.js';
import { containerLabels, deploymentLabels } from '../names.js';
import type { ComposeModel } from './compose-model.js';

/**
 * A compose file to be laid over the user's, which adds our labels to all that is made of it. It has no `version`: V1
 * takes that for the newest, as it does every version since 1.27, and the two have to be the same.
 */
export function renderOverride(
  deployment: Deployment,
  services: readonly ServiceSpec[],
  model: ComposeModel,
): string {
  const shared = { labels: escapeValues(deploymentLabels(deployment)) };
  /** An image that the user has given a name is there to stay. */
  const isOurs = (service: string) => {
    const { isBuilt = false, image = null } = model.services.get(service) ?? {};
    return isBuilt && image === null;
  };
  const labelled = (names: readonly string[]) =>
    names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, shared]));
  return JSON.stringify(
    {
      services: Object.fromEntries(
        services.map((service) => [
          service.name,
          {
            labels: escapeValues(containerLabels(deployment, service)),
            ...(isOurs(service.name) ? { build: shared } : {}),
          },
        ]),
      ),
      networks: labelled(model.networks),
      volumes: labelled(model.volumes),
    },
    null,
    2,
  );
}

/** Compose would substitute variables. */
function escapeValues(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]),
  );
}
