import type { ClientChannel } from 'ssh2';

import { orAborted } from '../../../async/abort.js';
import type { Clock } from '../../../async/clock.js';
import { startDeadline, within } from '../../../async/deadline.js';
import type { Failure, Outcome } from '../../../model/failure.js';
import type { Login } from '../login/login.js';
import { untilShell } from '../shell/arrival.js';
import { LOGIN_COMMAND } from '../shell/boot.js';
import { cancelled, lost, noShell, refused, slowShell } from './failures.js';
import { type Session, discard } from '../shell/session.js';

/** OpenSSH's `MaxSessions`, until a refusal teaches better. */
const USUAL_LIMIT = 10;
/** Further logins of one connection, for more programs at once than one login may run. */
const MOST_LINKS = 8;
/** For the login shell to give way to ours: what its rc files do takes seconds at most, unless they hang. */
const SHELL_MS = 30_000;
/** For the reason, where a channel ended that may have done so with its login. */
const REASON_MS = 500;

/**
 * What a session is for. `control` looks after programs and ends them: it gets the last session of a login, so that
 * there is always one.
 */
export type Purpose = 'work' | 'control';

export interface SessionsOptions {
  /** Named in failures. */
  readonly node: string;
  readonly clock: Clock;
  /**
   * Another login to the same node. `null` where none may be opened at present.
   *
   * @param signal Aborts when the sessions are closed.
   */
  readonly dial: (signal: AbortSignal) => Promise<Outcome<Login>> | null;
  /** Closes a session that nobody uses at present; `false` where there is none. */
  readonly spare: () => boolean;
}

/** Sessions on a node, each a channel on which `LOGIN_COMMAND` was started. */
export interface Sessions {
  /** Waits for a free one, or logs in once more, where the node allows no more on one login. */
  open(purpose: Purpose, signal?: AbortSignal): Promise<Outcome<Session>>;
  /** Wakes those who wait: a session may be spared now. */
  wake(): void;
  /** Ends the further logins; the first one belongs to the caller. */
  close(): Promise<void>;
}

interface Link {
  readonly login: Login;
  /** Sessions that were asked for and not yet closed. */
  taken: number;
  /** Those that were granted. */
  granted: number;
  isLost: boolean;
}

/** @param first The login that is there already. */
export function createSessions(first: Login, options: SessionsOptions): Sessions {
  const { node, clock, dial, spare } = options;
  let links: Link[] = [];
  /** Learned for the node: all of its logins are treated alike. */
  let limit = USUAL_LIMIT;
  let dialling: Promise<Failure | null> | null = null;
  const waiting = new Set<() => void>();
  const closing = new AbortController();

  const wake = () => {
    for (const resume of [...waiting]) resume();
  };
  const addLink = (login: Login): Link => {
    const link: Link = { login, taken: 0, granted: 0, isLost: false };
    links.push(link);
    void login.lost.then(() => {
      link.isLost = true;
      links = links.filter((other) => other !== link);
      wake();
    });
    return link;
  };
  const firstLink = addLink(first);

  const pick = (purpose: Purpose): Link | undefined => {
    const most = purpose === 'control' ? limit : Math.max(1, limit - 1);
    return links.find((link) => link.taken < most);
  };
  const addLogin = (): Promise<Failure | null> | null => {
    if (dialling) return dialling;
    if (links.length >= MOST_LINKS) return null;
    const dialled = dial(closing.signal);
    if (!dialled) return null;
    dialling = dialled.then((outcome) => {
      dialling = null;
      if (!outcome.ok) return outcome.failure;
      addLink(outcome.value);
      return null;
    });
    return dialling;
  };
  const release = (link: Link) => {
    link.taken -= 1;
    // A further login is for a rush only.
    if (link !== firstLink && link.taken === 0) {
      links = links.filter((other) => other !== link);
      void link.login.close();
    }
    wake();
  };
  const untilWoken = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const resume = () => {
        waiting.delete(resume);
        signal.removeEventListener('abort', resume);
        resolve();
      };
      waiting.add(resume);
      signal.addEventListener('abort', resume, { once: true });
    });
  const start = async (link: Link): Promise<Started> => {
    link.taken += 1;
    const started = await startSession(link.login);
    if ('channel' in started) {
      link.granted += 1;
      started.channel.once('close', () => {
        link.granted -= 1;
        release(link);
      });
    } else {
      release(link);
    }
    return started;
  };
  const awaitShell = async (
    { lost: isOver }: Login,
    channel: ClientChannel,
    signal: AbortSignal,
  ): Promise<Outcome<Session>> => {
    channel.on('error', () => undefined);
    const patience = startDeadline(clock, SHELL_MS, signal);
    const arrival = await untilShell(channel, patience.signal);
    patience.clear();
    if (arrival?.isThere) return { ok: true, value: { channel, lost: isOver } };
    discard(channel);
    if (arrival === null) return patience.expired() ? slowShell(node, SHELL_MS) : cancelled(node);
    const reason = await within(clock, REASON_MS, isOver);
    return reason === null ? noShell(node, arrival.printed) : lost(node, reason);
  };

  return {
    async open(purpose, given = closing.signal) {
      const { signal, clear } = startDeadline(clock, Infinity, given, closing.signal);
      try {
        return await openUntil(purpose, signal);
      } finally {
        clear();
      }
    },

    wake,

    async close() {
      closing.abort();
      await dialling;
      const further = links.filter((link) => link !== firstLink);
      await Promise.all(further.map(({ login }) => login.close()));
    },
  };

  async function openUntil(purpose: Purpose, signal: AbortSignal): Promise<Outcome<Session>> {
    for (;;) {
      if (signal.aborted) return cancelled(node);
      if (firstLink.isLost) return lost(node, await first.lost);
      const link = pick(purpose);
      if (!link) {
        const adding = spare() ? null : addLogin();
        if (!adding) await untilWoken(signal);
        const failure = adding && (await orAborted(adding, signal));
        // What runs on the other logins goes on, and frees sessions.
        if (failure && links.every(({ taken }) => taken === 0)) return { ok: false, failure };
        if (failure) await untilWoken(signal);
        continue;
      }
      const starting = start(link);
      const started = await orAborted(starting, signal);
      if (started === null) {
        void starting.then((late) => {
          if ('channel' in late) discard(late.channel);
        });
        continue;
      }
      if ('channel' in started) return awaitShell(link.login, started.channel, signal);
      if (link.isLost) continue;
      if (!started.isRefused || (link.granted === 0 && link.taken === 0)) {
        return refused(node, started.reason);
      }
      // Those that were asked for together are refused together: each refusal counts for itself.
      limit = Math.max(1, link.granted, limit - 1);
    }
  }
}

type Started =
  { readonly channel: ClientChannel } | { readonly reason: string; readonly isRefused: boolean };

function startSession({ client, lost: isOver }: Login): Promise<Started> {
  return new Promise((resolve) => {
    // A connection that breaks now does not always call back.
    void isOver.then((reason) => resolve({ reason, isRefused: false }));
    try {
      client.exec(LOGIN_COMMAND, (error, channel) => {
        if (!error) resolve({ channel });
        else resolve({ reason: error.message, isRefused: 'reason' in error });
      });
    } catch (error) {
      resolve({ reason: (error as Error).message, isRefused: false });
    }
  });
}
