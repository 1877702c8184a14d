import { cutNetwork, mendNetwork } from '../../lab/support/lab.js';
import { KEEPALIVE_S, LEASE_S } from '../project/suite.js';
import type { DrawFault } from './fault.js';
import { OUT_OF_REACH, isOneOf, seconds } from './names.js';

/** Shorter than that, the network's own repetition makes up for it before anybody can call the peer gone. */
const UNNOTICED_MS = 1_200;
const NOTICED_MS = 3_000 * KEEPALIVE_S;

/** Every packet to and from a node is dropped for a while: a moment, longer than the keepalive, longer than the lease. */
export const cut: DrawFault = (random, nodes) => {
  const [first, ...others] = nodes;
  if (!first) throw new Error('there is no node');
  const node = random.pick([first, ...others]);
  const length = random.pick(['moment', 'keepalive', 'lease', 'for good']);
  const lastsMs =
    length === 'moment'
      ? random.between(200, UNNOTICED_MS)
      : length === 'keepalive'
        ? random.between(UNNOTICED_MS, 2 * NOTICED_MS)
        : length === 'lease'
          ? random.between(1_000 * LEASE_S, 3_000 * LEASE_S)
          : null;
  return {
    description:
      lastsMs === null
        ? `${node.name} cut off until the run is over`
        : `${node.name} cut off for ${seconds(lastsMs)}`,
    lastsMs,
    isForWatchdog: length === 'for good',
    hit: async () => {
      await cutNetwork(node);
      return '';
    },
    mend: () => mendNetwork(node),
    expectation: {
      exitCodes: () => (length === 'moment' ? [0] : [0, 3, 4]),
      isTrueCause: (failure) => length !== 'moment' && isOneOf(OUT_OF_REACH, node, failure),
    },
  };
};
