import type { Duplex } from 'node:stream';

import ssh2 from 'ssh2';
import type { AuthHandlerMiddleware, Client, ConnectConfig } from 'ssh2';

import { onAbort } from '../../../../async/abort.js';
import type { Failure } from '../../../../model/failure.js';
import { formatAddress } from '../address.js';
import { offerAlgorithms } from '../algorithms.js';
import type { Credentials } from '../authentication/credentials.js';
import { explainRefusal } from '../authentication/explain.js';
import { createAuthenticationSequence } from '../authentication/sequence.js';
import { codeOf } from '../failures.js';
import type { HostKeyGuard } from '../host-key/guard.js';
import type { LoginTarget } from '../target.js';
import { explainEnd, type Stage } from './explain.js';
import { isThrottled, listenIn, type FirstBytes } from './first-bytes.js';

export type Handshake =
  | { readonly result: 'ready'; readonly client: Client }
  | { readonly result: 'failed'; readonly failure: Failure }
  /** The server ended it before it had begun: perhaps there were too many at once. */
  | { readonly result: 'dropped'; readonly saysThrottled: boolean; readonly failure: Failure }
  /** The signal aborted. */
  | { readonly result: 'aborted'; readonly stage: Stage; readonly firstLine: string };

/**
 * Speaks SSH on a stream until one is logged in. Where it fails, the stream is destroyed.
 *
 * @param guard Judges the host key, before any credential is sent.
 */
export function shakeHands(
  target: LoginTarget,
  credentials: Credentials,
  guard: HostKeyGuard,
  stream: Duplex,
  signal: AbortSignal,
): Promise<Handshake> {
  if (signal.aborted) {
    stream.destroy();
    return Promise.resolve({ result: 'aborted', stage: 'identification', firstLine: '' });
  }
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    const address = formatAddress(target.host, target.port);
    const sequence = createAuthenticationSequence(target.user, credentials);
    let stage: Stage = 'identification';
    let isOver = false;
    let firstBytes: FirstBytes = { line: () => '', stop: () => undefined };

    const settle = (handshake: Handshake) => {
      if (isOver) return;
      isOver = true;
      forget();
      firstBytes.stop();
      for (const [event, listener] of Object.entries(listeners)) {
        client.removeListener(event, listener);
      }
      if (handshake.result !== 'ready') {
        client.destroy();
        stream.destroy();
      }
      resolve(handshake);
    };
    const fail = (failure: Failure) => {
      settle({ result: 'failed', failure });
    };
    const refuse = (said: string | null) => {
      fail(explainRefusal(target, credentials, sequence.log, address, said));
    };

    const onEnd = (error: Error | null) => {
      const refusedKey = guard.failure();
      // Ended by the server itself, not by the network.
      const isAnswer = error === null || codeOf(error) === null;
      if (refusedKey) {
        fail(refusedKey);
      } else if (stage === 'authentication' && isAnswer && sequence.log.tried.length > 0) {
        // A server that goes away on being shown a credential has answered: the account may not log in.
        refuse(error === null ? 'without a word' : error.message);
      } else {
        const { failure, mayBeThrottled } = explainEnd(address, stage, firstBytes.line(), error);
        if (!mayBeThrottled) fail(failure);
        else {
          settle({ result: 'dropped', saysThrottled: isThrottled(firstBytes.line()), failure });
        }
      }
    };

    const listeners = {
      ready: () => {
        forgoProofs(client);
        settle({ result: 'ready', client });
      },
      handshake: () => {
        if (stage === 'authentication') return;
        stage = 'authentication';
        firstBytes.stop();
      },
      error: (error: Error & { level?: string }) => {
        // The next key of the agent, or the next credential, is tried after these.
        if (error.level === 'agent') return;
        if (error.level === 'client-authentication') {
          if (error.message.startsWith('All configured')) refuse(null);
          return;
        }
        onEnd(error);
      },
      'change password': () => {
        refuse('the password has expired');
      },
      end: () => {
        onEnd(null);
      },
      close: () => {
        onEnd(null);
      },
    };

    // A failed handshake can tell of it twice, and without a listener the second one would end the process.
    client.on('error', () => undefined);
    for (const [event, listener] of Object.entries(listeners)) {
      (client as NodeJS.EventEmitter).on(event, listener);
    }
    const forget = onAbort(signal, () => {
      settle({ result: 'aborted', stage, firstLine: firstBytes.line() });
    });

    const next: AuthHandlerMiddleware = (allowed, isPartialSuccess, answer) => {
      void guard.settled().then((failure) => {
        if (isOver) return;
        if (failure) fail(failure);
        else sequence.next(allowed, isPartialSuccess, answer);
      });
    };
    const config: ConnectConfig = {
      sock: stream,
      username: target.user,
      algorithms: offerAlgorithms(target.algorithms, guard.knownKeyTypes),
      hostVerifier: (key: Buffer) => {
        stage = stage === 'identification' ? 'key-exchange' : stage;
        return guard.accepts(key);
      },
      authHandler: next,
      // The signal is the deadline.
      readyTimeout: 0,
      keepaliveInterval: target.keepalive.intervalMs,
      keepaliveCountMax: target.keepalive.countMax,
    };
    try {
      client.connect(config);
    } catch (error) {
      onEnd(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    firstBytes = listenIn(stream);
  });
}

/**
 * OpenSSH tells all host keys of a node after the login, and ssh2 always asks it to prove each: a signature there and a
 * check here for keys that nobody wants to know. It does not ask servers that are no OpenSSH.
 */
function forgoProofs(client: Client): void {
  const internals = client as unknown as { _remoteVer?: string };
  if (internals._remoteVer !== undefined) internals._remoteVer = '';
}
