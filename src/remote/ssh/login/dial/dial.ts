import { startDeadline } from '../../../../async/deadline.js';
import type { Failure, Outcome } from '../../../../model/failure.js';
import { formatAddress } from '../address.js';
import type { Credentials } from '../authentication/credentials.js';
import { cancelLogin } from '../failures.js';
import { createHostKeyGuard } from '../host-key/guard.js';
import type { LoginContext } from '../context.js';
import type { LoginTarget } from '../target.js';
import { watchConnection, type Established } from './established.js';
import { explainTimeout } from './explain.js';
import { shakeHands } from './handshake.js';
import { openTransport, type Hop } from './transport.js';

export interface DialRequest {
  readonly target: LoginTarget;
  readonly credentials: Credentials;
  /** The hop to go through. */
  readonly via: Hop | null;
  /** The hops up to that one, the nearest first. */
  readonly way: readonly LoginTarget[];
  /** For everything but waiting at the gate. */
  readonly timeoutMs: number;
}

export interface Dialled {
  readonly connection: Established;
  /** How long it took, waiting at the gate left out. */
  readonly spentMs: number;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** How often a server that has let nobody in so far may close the door before that is its answer. */
const UNEXPLAINED_REFUSALS = 3;

/** Connects to one target and logs in. A server that has too many at once is dialled again, until the time is up. */
export async function dial(
  request: DialRequest,
  context: LoginContext,
  signal: AbortSignal,
): Promise<Outcome<Dialled>> {
  const { target, via, timeoutMs } = request;
  const { clock, random, shared } = context;
  const address = formatAddress(target.host, target.port);
  const gateAddress = via === null ? address : `${via.name} ${address}`;
  let spentMs = 0;
  let refusal: Failure | null = null;
  for (let refusals = 0; ;) {
    const turn = await shared.gate.enter(gateAddress, signal, refusals > 0);
    if (turn === null) return cancelLogin();
    const startedAt = clock.monotonic();
    const attempt = await attemptOnce(request, timeoutMs - spentMs, context, signal);
    spentMs += clock.monotonic() - startedAt;
    if (attempt.result === 'ready') {
      turn.leave('done');
      return { ok: true, value: { connection: attempt.connection, spentMs } };
    }
    const isThrottled =
      attempt.result === 'dropped' &&
      (attempt.saysThrottled ||
        (turn.hadCompany() && (turn.isAddressGood() || refusals < UNEXPLAINED_REFUSALS)));
    turn.leave(isThrottled ? 'refused' : 'failed');
    if (!isThrottled) {
      // What the server has said before tells more than that the time was up in the middle of one more dial.
      const said = attempt.result === 'expired' ? refusal : null;
      return { ok: false, failure: said ?? attempt.failure };
    }

    refusal = attempt.failure;
    refusals += 1;
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** refusals);
    const pauseMs = longest * (0.5 + random() / 2);
    if (spentMs + pauseMs >= timeoutMs) return { ok: false, failure: attempt.failure };
    await clock.sleep(pauseMs, signal);
    spentMs += pauseMs;
  }
}

type Attempt =
  | { readonly result: 'ready'; readonly connection: Established }
  | { readonly result: 'failed'; readonly failure: Failure }
  /** The time was up before the server had answered. */
  | { readonly result: 'expired'; readonly failure: Failure }
  | { readonly result: 'dropped'; readonly saysThrottled: boolean; readonly failure: Failure };

async function attemptOnce(
  { target, credentials, via, way, timeoutMs }: DialRequest,
  remainingMs: number,
  { clock, shared, warn }: LoginContext,
  signal: AbortSignal,
): Promise<Attempt> {
  const address = formatAddress(target.host, target.port);
  const deadline = startDeadline(clock, remainingMs, signal);
  const failed = (failure: Failure): Attempt => ({ result: 'failed', failure });
  const aborted = (failure: Failure): Attempt =>
    deadline.expired() ? { result: 'expired', failure } : failed(cancelLogin().failure);
  try {
    const guard = await createHostKeyGuard(target, way, shared.knownHosts, (message) => {
      shared.warnOnce(message, warn);
    });
    if (!guard.ok) return failed(guard.failure);
    const transport = await openTransport(target, via, deadline.signal);
    if (!transport.ok) {
      return transport.failure === null
        ? aborted(explainTimeout(address, 'connecting', '', timeoutMs))
        : failed(transport.failure);
    }
    const { stream } = transport;
    const shaken = await shakeHands(target, credentials, guard.value, stream, deadline.signal);
    switch (shaken.result) {
      case 'ready':
        return {
          result: 'ready',
          connection: watchConnection(shaken.client, stream, target, via, clock),
        };
      case 'aborted':
        return aborted(explainTimeout(address, shaken.stage, shaken.firstLine, timeoutMs));
      case 'failed':
      case 'dropped':
        return shaken;
    }
  } finally {
    deadline.clear();
  }
}
