import { orAborted } from '../../../async/abort.js';
import type { Failure, Outcome } from '../../../model/failure.js';
import { formatAddress } from './address.js';
import { prepareCredentials, type Credentials } from './authentication/credentials.js';
import { dial } from './dial/dial.js';
import { atHop, cancelLogin } from './failures.js';
import { resolveRoute } from './jump/route.js';
import type { LoginContext, LoginNode } from './context.js';
import type { Login } from './login.js';
import type { OpenConnection } from './open-connection.js';
import type { LoginTarget } from './target.js';

export type { LoginContext, LoginNode } from './context.js';
export type { Login } from './login.js';

const HANDSHAKE_TIMEOUT_MS = 15_000;

/** A target and what to log in to it with. */
interface Leg {
  readonly target: LoginTarget;
  readonly credentials: Credentials;
}

/**
 * Logs in to a node, through its jump hosts where it has any. What is wrong with the configuration here (a key that cannot be
 * read, a circle of jump hosts) is found before anything is dialled.
 *
 * @param signal Cancels at any point; nothing stays open.
 * @returns The login, or `unreachable`, `authentication`, `host_key` or `cancelled`.
 */
export async function logIn(
  node: LoginNode,
  context: LoginContext,
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome<Login>> {
  const outcome = await logInTo(node, context, signal);
  if (outcome.ok) return outcome;
  return { ok: false, failure: { ...outcome.failure, node: node.name } };
}

async function logInTo(
  node: LoginNode,
  context: LoginContext,
  signal: AbortSignal,
): Promise<Outcome<Login>> {
  // Other programs and slow key files are part of it: they may go on, but nobody has to wait for them.
  const route = await orAborted(resolveRoute(node, context), signal);
  if (route === null) return cancelLogin();
  if (!route.ok) return route;
  const legs: Leg[] = [];
  for (const target of route.value) {
    const credentials = await orAborted(
      prepareCredentials(target, context.shared.readKey, context.clock),
      signal,
    );
    if (credentials === null) return cancelLogin();
    if (!credentials.ok) return failAt(target, credentials.failure);
    legs.push({ target, credentials: credentials.value });
  }
  return reach(legs, context, signal);
}

/** Logs in to the last of the legs through those before it. */
async function reach(
  legs: readonly Leg[],
  context: LoginContext,
  signal: AbortSignal,
): Promise<Outcome<OpenConnection>> {
  const leg = legs.at(-1);
  if (!leg || signal.aborted) return cancelLogin();
  const { target, credentials } = leg;
  const route = legs.map((each) => each.target);
  const refusal = context.shared.refusals.of(route);
  if (refusal) return failAt(target, refusal);
  const before = legs.slice(0, -1);
  const way = route.slice(0, -1);
  const lease =
    before.length === 0
      ? null
      : await context.shared.hops.acquire(
          // Everything that makes a login what it is, what it authenticates with included.
          JSON.stringify(way),
          (hopSignal) => reach(before, context, hopSignal),
          signal,
        );
  if (lease && !lease.ok) return lease;
  const via = lease?.value.value ?? null;

  const limitMs = context.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
  const ownLimitMs = target.connectTimeoutMs ?? limitMs;
  // The time that the way here took is part of the whole, unless the way was there before.
  const wayMs = lease?.value.isFresh ? (via?.spentMs ?? 0) : 0;
  const timeoutMs = Math.min(ownLimitMs, Math.max(limitMs, ownLimitMs) - wayMs);
  const dialled = await dial({ target, credentials, via, way, timeoutMs }, context, signal);
  context.shared.refusals.note(route, dialled);
  if (!dialled.ok) {
    await lease?.value.release();
    return failAt(target, dialled.failure);
  }
  const { connection, spentMs } = dialled.value;
  const release = async () => {
    await lease?.value.release();
  };
  void connection.lost.then(release);
  return {
    ok: true,
    value: {
      client: connection.client,
      name: target.name,
      user: target.user,
      address: formatAddress(target.host, target.port),
      lost: connection.lost,
      endedBecause: connection.endedBecause,
      spentMs: wayMs + spentMs,
      async close() {
        await connection.close();
        await release();
      },
    },
  };
}

function failAt({ isHop, name }: LoginTarget, failure: Failure): Outcome<never> {
  const outcome = { ok: false, failure } as const;
  return isHop ? atHop(name, outcome) : outcome;
}
