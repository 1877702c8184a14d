import type { StreamTransferContext } from '../context.js';
import { labelOf } from './label.js';
import { PRELUDE, STAGING } from './prelude.js';
import type { ScriptEnd } from './run-script.js';

/** Removing a staging folder of many files takes its time, and nobody waits longer for something that may be hung. */
const TIMEOUT_MS = 20_000;

/**
 * Removes what a failed transfer left incomplete. That of its own process group goes in any case: it is known to be gone,
 * though zombies may still bear its number.
 */
const SWEEP = `${PRELUDE}
to=$1 label=$2 own=$3
${STAGING}
case $to in */*) parent=\${to%/*} ;; esac
for home in "\${parent:-/}" "$to"; do
  if [ -n "$own" ]; then rm -rf -- "$home/.$label.$host.$own.part"; fi
  sweep "$home"
done
`;

/** Best effort: a later transfer to the same place does it otherwise. */
export async function sweepNode(
  { exec }: StreamTransferContext,
  to: string,
  { processGroup }: ScriptEnd,
): Promise<void> {
  const args = [to, labelOf(to), String(processGroup ?? '')];
  await exec({ argv: ['/bin/sh', '-c', SWEEP, 'sh', ...args] }, { timeoutMs: TIMEOUT_MS });
}
