import { onNode, startSshd } from '../../lab/support/lab.js';
import type { DrawFault } from './fault.js';
import { OUT_OF_REACH, isOneOf, seconds } from './names.js';

/** The SSH server of a node dies with all its sessions, and comes back after a while, or when the run is over. */
export const sshdKilled: DrawFault = (random, nodes) => {
  const [first, ...others] = nodes;
  if (!first) throw new Error('there is no node');
  const node = random.pick([first, ...others]);
  const lastsMs = random.next() < 0.3 ? null : random.between(0, 6_000);
  return {
    description: `sshd of ${node.name} killed, back ${lastsMs === null ? 'when the run is over' : `after ${seconds(lastsMs)}`}`,
    lastsMs,
    isForWatchdog: lastsMs === null,
    hit: async () => {
      await onNode(node, ['pkill', '-KILL', '-x', 'sshd']);
      return '';
    },
    mend: () => startSshd(node),
    expectation: {
      exitCodes: () => [0, 3, 4],
      isTrueCause: (failure) => isOneOf(OUT_OF_REACH, node, failure),
    },
  };
};
