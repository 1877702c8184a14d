import type { ComposeService } from '../../compose/model.js';
import type { Report } from '../../problem-log.js';
import type { Instance } from './instances.js';

/**
 * Reports services without an image in the files that compose reads: it refuses a file for any of them, also for one that
 * runs as a process elsewhere, or not at all.
 */
export function reportMissingImages(instances: readonly Instance[], report: Report): void {
  const told = new Set<ComposeService>();
  const containers = instances.filter(({ node }) => node.runtime === 'docker');
  const tell = (service: ComposeService, why: string, hint: string) => {
    if (told.has(service)) return;
    told.add(service);
    report({
      severity: 'error',
      at: service.at,
      path: `services.${service.name}`,
      message: `has neither \`image\` nor \`build\`, ${why}`,
      hint,
    });
  };
  for (const { service, node } of containers) {
    if (service.hasImage) continue;
    const hint = 'name an image, or give the node `runtime: process`';
    tell(service, `which a container on ${node.name} needs`, hint);
  }
  for (const { service, node, files, inFiles } of containers) {
    for (const other of inFiles.values()) {
      if (other.hasImage || other.map.entries.has('provider')) continue;
      const why = `so compose refuses ${files.composeFile} on ${node.name}, also for ${service.name}`;
      tell(other, why, 'name an image: as a process it needs none, and does no harm');
    }
  }
}
