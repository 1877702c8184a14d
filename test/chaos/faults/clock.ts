import { onNode } from '../../lab/support/lab.js';
import type { DrawFault } from './fault.js';

/** Comes first in the nodes' PATH. */
const SHIM = '/usr/local/bin/date';
const WRITE_SHIM = `cat >${SHIM} <<END
#!/bin/sh
case "\\$*" in *-d*|*-r*|*--*) exec /bin/date "\\$@" ;; esac
exec /bin/date -d "@\\$((\\$(/bin/date +%s) + $1))" "\\$@"
END
chmod +x ${SHIM}`;

/**
 * The wall clock of the controller jumps by hours in the middle of a run, and with it what \`date\` says on the nodes. The
 * kernel's own clock is left alone, since all nodes and this machine share it: what is proved is that nothing of ours goes
 * by the time of day, not that the kernel's timers survive a jump.
 */
export const clockJump: DrawFault = (random, nodes) => {
  const hours = random.pick([-26, -3, -0.5, 0.5, 3, 26, 24 * 400]);
  const jumpMs = hours * 3_600_000;
  return {
    description: `the time of day jumps by ${hours} h`,
    env: { CHAOS_CLOCK_JUMP_MS: String(jumpMs) },
    lastsMs: null,
    hit: async ({ running }) => {
      running.kill('SIGUSR2');
      const script = ['sh', '-c', WRITE_SHIM, 'sh', String(Math.round(jumpMs / 1000))];
      await Promise.all(nodes.map((node) => onNode(node, script)));
      return '';
    },
    mend: async () => {
      await Promise.all(nodes.map((node) => onNode(node, ['rm', '-f', SHIM])));
    },
    expectation: {
      exitCodes: () => [0],
      isTrueCause: () => false,
      objections: ({ summary }) =>
        (summary?.scenarios ?? []).flatMap(({ name, duration_s }) =>
          duration_s >= 0 && duration_s < 600
            ? []
            : [`${name} is said to have taken ${duration_s} s`],
        ),
    },
  };
};
