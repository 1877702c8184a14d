import type { NodeSpec } from '../../../model/node.js';
import type { PublishedPort } from '../../../model/service.js';
import { type Findings, joinFindings, problemFor } from '../findings.js';
import type { PortNeed } from '../needs.js';
import type { PortHolder } from '../survey/ports.js';

/** Whether somebody has the ports that scenarios will need. */
export function judgePorts(
  node: NodeSpec,
  holders: readonly PortHolder[],
  needs: readonly PortNeed[],
): Findings {
  return joinFindings(
    groupByPort(needs).map((asked): Findings => {
      const [first] = asked;
      const holder = first && holders.find((each) => isInTheWay(each, first.published));
      if (!first || !holder) return { problems: [], warnings: [] };
      const who = holder.description ?? 'somebody';
      const port = `${holder.port}/${holder.protocol}`;
      if (holder.isOurs) {
        return {
          problems: [],
          warnings: [`port ${port} is taken by ${who}, which a run of playbook has started`],
        };
      }
      return {
        problems: [
          problemFor(
            node,
            asked,
            'port_taken',
            `port ${port}, which ${first.scenario} needs, is taken by ${who}`,
            holder.description === null
              ? `find out who it is on the node, as root: ss -lnp 'sport = :${holder.port}'`
              : 'stop it, or use another port',
          ),
        ],
        warnings: [],
      };
    }),
  );
}

/** Several scenarios that publish the same port one after the other are one question. */
function groupByPort(needs: readonly PortNeed[]): readonly (readonly PortNeed[])[] {
  const groups = new Map<string, PortNeed[]>();
  for (const need of needs) {
    const { address, port, protocol } = need.published;
    const key = `${address ?? '*'} ${port} ${protocol}`;
    groups.set(key, [...(groups.get(key) ?? []), need]);
  }
  return [...groups.values()];
}

/** Whether somebody has just that port, at an address that collides. */
export function isInTheWay(holder: PortHolder, wanted: PublishedPort): boolean {
  if (holder.port !== wanted.port || holder.protocol !== wanted.protocol) return false;
  return holder.address === null || wanted.address === null || holder.address === wanted.address;
}
