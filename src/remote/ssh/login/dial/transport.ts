import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Client } from 'ssh2';

import { onAbort } from '../../../../async/abort.js';
import type { Failure } from '../../../../model/failure.js';
import { formatAddress } from '../address.js';
import { codeOf, failLogin, wordsOf } from '../failures.js';
import type { LoginTarget } from '../target.js';
import { batchWrites } from './batch-writes.js';

/** A hop that is logged in, through which one goes on. */
export interface Hop {
  readonly client: Client;
  readonly name: string;
  /** Why it is gone, `null` while it is not. */
  readonly endedBecause: () => string | null;
}

export type Transport =
  | { readonly ok: true; readonly stream: Duplex }
  /** `failure` is `null` where the signal aborted: the caller knows why. */
  | { readonly ok: false; readonly failure: Failure | null };

/** Long enough for an address on the other side of the world before the host's next one is tried. */
const NEXT_ADDRESS_MS = 1_500;

/** Opens the stream of bytes to a target: a TCP connection, or a channel through a hop. Nothing is left where it fails. */
export async function openTransport(
  target: LoginTarget,
  via: Hop | null,
  signal: AbortSignal,
): Promise<Transport> {
  if (signal.aborted) return { ok: false, failure: null };
  return via === null ? openSocket(target, signal) : openThrough(target, via, signal);
}

function openSocket(target: LoginTarget, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve) => {
    const { host, port, addressFamily } = target;
    const socket = connect({
      host,
      port,
      noDelay: true,
      autoSelectFamily: addressFamily === null,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      ...(addressFamily === null ? {} : { family: addressFamily }),
    });
    batchWrites(socket);
    const settle = (transport: Transport) => {
      forget();
      socket.removeListener('connect', onConnect);
      socket.removeListener('error', onError);
      if (!transport.ok) {
        // An attempt that is under way may still fail; nobody is interested.
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(transport);
    };
    const onConnect = () => {
      settle({ ok: true, stream: socket });
    };
    const onError = (error: Error) => {
      settle({ ok: false, failure: explainSocketError(target, error) });
    };
    const forget = onAbort(signal, () => {
      settle({ ok: false, failure: null });
    });
    socket.once('connect', onConnect).once('error', onError);
  });
}

function openThrough(target: LoginTarget, via: Hop, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve) => {
    const { host, port } = target;
    const address = formatAddress(host, port);
    let isOver = false;
    const settle = (transport: Transport) => {
      isOver = true;
      forget();
      resolve(transport);
    };
    const forget = onAbort(signal, () => {
      settle({ ok: false, failure: null });
    });
    try {
      via.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        if (isOver) {
          // Opened too late: there may be nothing, where the hop is gone too.
          (channel as Duplex | undefined)?.destroy();
        } else if (error) {
          const ended = via.endedBecause();
          settle({
            ok: false,
            failure:
              ended === null
                ? explainForwardError(via, address, error)
                : failLogin(
                    'unreachable',
                    `the connection to jump host ${via.name} ended: ${ended}`,
                  ).failure,
          });
        } else {
          settle({ ok: true, stream: channel });
        }
      });
    } catch (error) {
      const reason = via.endedBecause() ?? wordsOf(error);
      settle({
        ok: false,
        failure: failLogin(
          'unreachable',
          `the connection to jump host ${via.name} ended: ${reason}`,
        ).failure,
      });
    }
  });
}

function explainSocketError(target: LoginTarget, error: Error): Failure {
  const { host, port } = target;
  const address = formatAddress(host, port);
  const unreachable = (message: string, hint: string | null) =>
    failLogin('unreachable', message, hint).failure;
  switch (codeOf(error) ?? '') {
    case 'ECONNREFUSED':
      return unreachable(
        `${address} refused the connection`,
        'is sshd running there, and is `port` right?',
      );
    case 'ENOTFOUND':
      return unreachable(
        `the host name ${host} is not known`,
        'correct `host`, or the name service',
      );
    case 'EAI_AGAIN':
      return unreachable(
        `the host name ${host} cannot be looked up just now`,
        'the name server does not answer',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return unreachable(
        `there is no route to ${address}`,
        'is the machine on, and the network up?',
      );
    case 'ETIMEDOUT':
      return unreachable(
        `${address} does not answer`,
        'is the machine on, and does a firewall drop the packets?',
      );
    case 'ECONNRESET':
      return unreachable(`${address} reset the connection`, null);
    default:
      return unreachable(`${address} cannot be connected to: ${wordsOf(error)}`, null);
  }
}

const ADMINISTRATIVELY_PROHIBITED = 1;

function explainForwardError(via: Hop, address: string, error: Error): Failure {
  const reason = 'reason' in error ? error.reason : null;
  const words = wordsOf(error).replace(/^\(SSH\) Channel open failure: /, '');
  if (reason === ADMINISTRATIVELY_PROHIBITED) {
    return failLogin(
      'unreachable',
      `jump host ${via.name} does not allow a connection to ${address}: ${words}`,
      'its sshd needs `AllowTcpForwarding yes` (or `local`) and a PermitOpen that fits',
    ).failure;
  }
  return failLogin(
    'unreachable',
    `jump host ${via.name} cannot connect to ${address}: ${words}`,
    'the address is looked up and dialled from the jump host: is it right there?',
  ).failure;
}
