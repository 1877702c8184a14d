import { textOf } from '../../compose/text-of.js';
import type { Report } from '../../problem-log.js';
import { locateKey } from '../../yaml/tree.js';
import type { Instance } from './instances.js';

/**
 * Warns of one-shots that docker would start again until they succeed. Here each end that is no success is a failed start.
 *
 * @param oneShots Ids.
 */
export function reportRestartedOneShots(
  instances: readonly Instance[],
  oneShots: ReadonlySet<string>,
  report: Report,
): void {
  const told = new Set<string>();
  for (const { id, service, node } of instances) {
    const entry = service.map.entries.get('restart');
    const policy = textOf(entry?.value);
    // A process is warned of every `restart`.
    if (node.runtime !== 'docker' || !oneShots.has(id) || told.has(service.name)) continue;
    if (!entry || policy === null || policy === 'no') continue;
    told.add(service.name);
    report({
      severity: 'warning',
      at: locateKey(entry),
      path: `services.${service.name}.restart`,
      message: `has no say here: each time ${service.name} ends with another status than 0 is a start that failed`,
      hint: '`retry_strategy.service_level_retries` says how often it is started again, after `retry_delay`',
    });
  }
}
