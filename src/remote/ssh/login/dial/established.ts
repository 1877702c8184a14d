import { OVER } from '../../../../async/abort.js';
import type { Duplex } from 'node:stream';

import type { Client } from 'ssh2';

import { createDeferred } from '../../../../async/deferred.js';
import type { Clock } from '../../../../async/clock.js';
import { codeOf } from '../failures.js';
import type { LoginTarget } from '../target.js';
import type { Hop } from './transport.js';

/** A connection that is logged in, with an eye on its end. */
export interface Established extends Hop {
  readonly client: Client;
  /** Resolves with the reason once it has ended. */
  readonly lost: Promise<string>;
  /** Says goodbye and waits for the socket to close, not for long. */
  close(): Promise<void>;
}

const GOODBYE_MS = 1_000;

/** Watches a connection from the moment it is ready on. */
export function watchConnection(
  client: Client,
  stream: Duplex,
  target: LoginTarget,
  via: Hop | null,
  clock: Clock,
): Established {
  const lost = createDeferred<string>();
  const closed = createDeferred<undefined>();
  let ended: string | null = null;
  let closing: Promise<void> | null = null;

  const end = (reason: string) => {
    if (ended !== null) return;
    const hopEnded = via?.endedBecause() ?? null;
    ended =
      via !== null && hopEnded !== null && closing === null
        ? `the connection to jump host ${via.name} ended: ${hopEnded}`
        : reason;
    lost.resolve(ended);
    // Whatever is left of it: a peer that is gone never finishes closing.
    stream.destroy();
  };

  client.on('error', (error) => {
    end(reasonOf(error, target));
  });
  client.on('end', () => {
    end('closed by the node');
  });
  client.on('close', () => {
    end('closed by the node');
    closed.resolve(undefined);
  });

  if (stream.destroyed) end('closed by the node');

  const close = async () => {
    if (ended === null) {
      ended = 'closed';
      lost.resolve(ended);
      client.end();
    }
    const timer = new AbortController();
    await Promise.race([closed.promise, clock.sleep(GOODBYE_MS, timer.signal)]);
    timer.abort(OVER);
    stream.destroy();
  };

  return {
    client,
    name: target.name,
    endedBecause: () => ended,
    lost: lost.promise,
    close: () => (closing ??= close()),
  };
}

function reasonOf(error: Error & { level?: string }, target: LoginTarget): string {
  if (error.message === 'Keepalive timeout') {
    const { intervalMs, countMax } = target.keepalive;
    return `no answer for ${(intervalMs * countMax) / 1_000} s`;
  }
  switch (codeOf(error) ?? '') {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection reset';
    case 'ETIMEDOUT':
      return 'no answer';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to the node';
    default:
      // ssh2 gives the reason code of a farewell as the error's code, and its words as the message.
      return 'code' in error && typeof error.code === 'number'
        ? `closed by the node: ${error.message}`
        : error.message;
  }
}
