import type { ClientChannel } from 'ssh2';

import { onAbort } from '../../../async/abort.js';
import { SHELL_IS_THERE } from './boot.js';

/** How much of what the login printed instead of a shell is told. */
const NOISE_LIMIT = 300;

/** Our shell has taken over from the login shell; or the channel ended, and this is what the login had printed. */
export type Arrival = { readonly isThere: true } | { readonly isThere: false; printed: string };

/**
 * Waits until `LOGIN_COMMAND` has got through, past whatever rc files print and however long they take. Leaves both
 * streams paused, with everything that follows.
 *
 * @returns `null` where the signal aborted before.
 */
export function untilShell(channel: ClientChannel, signal: AbortSignal): Promise<Arrival | null> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    let errors = '';
    const finish = (arrival: Arrival | null) => {
      forget();
      channel.off('data', onData).off('end', onEnd).off('close', onEnd);
      channel.stderr.off('data', onErrors);
      resolve(arrival);
    };
    const onErrors = (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(0, NOISE_LIMIT);
    };
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const start = seen.indexOf(SHELL_IS_THERE);
      const end = start + SHELL_IS_THERE.length;
      if (start === -1) {
        // As much as tells what was printed, and may hold the beginning of the word.
        if (seen.length > 2 * NOISE_LIMIT) {
          seen = Buffer.concat([seen.subarray(0, NOISE_LIMIT), seen.subarray(-NOISE_LIMIT)]);
        }
        return;
      }
      channel.pause();
      channel.stderr.pause();
      if (seen.length > end) channel.unshift(seen.subarray(end));
      finish({ isThere: true });
    };
    const onEnd = () => {
      const printed = seen.toString('utf8', 0, NOISE_LIMIT);
      finish({ isThere: false, printed: `${printed}${errors}`.trim() });
    };
    const forget = onAbort(signal, () => finish(null));
    channel.on('data', onData);
    channel.stderr.on('data', onErrors);
    channel.once('end', onEnd).once('close', onEnd);
  });
}
