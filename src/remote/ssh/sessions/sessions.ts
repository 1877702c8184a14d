import type { ClientChannel } from 'ssh2';

import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { Login } from '../login/login.js';
import { LOGIN_COMMAND } from '../shell/boot.js';

/** OpenSSH's `MaxSessions`, until a refusal teaches better. */
const USUAL_LIMIT = 10;
/** Further logins of one connection, for more programs at once than one login may run. */
const MOST_LINKS = 8;

/**
 * What a session is for. `control` looks after programs and ends them: it gets the last session of a login, so that
 * there is always one.
 */
export type Purpose = 'work' | 'control';

export interface SessionsOptions {
  /** Named in failures. */
  readonly node: string;
  /** Another login to the same node. `null` where none may be opened at present. */
  readonly dial: () => Promise<Outcome<Login>> | null;
}

/** Sessions on a node, each a channel on which `LOGIN_COMMAND` was started. */
export interface Sessions {
  /** Waits for a free one, or logs in once more, where the node allows no more on one login. */
  open(purpose: Purpose, signal?: AbortSignal): Promise<Outcome<ClientChannel>>;
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
export function createSessions(first: Login, { node, dial }: SessionsOptions): Sessions {
  let links: Link[] = [];
  /** Learned for the node: all of its logins are treated alike. */
  let limit = USUAL_LIMIT;
  let dialling: Promise<Failure | null> | null = null;
  const waiting = new Set<() => void>();

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
    const dialled = dial();
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
  const untilWoken = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve) => {
      const resume = () => {
        waiting.delete(resume);
        signal?.removeEventListener('abort', resume);
        resolve();
      };
      waiting.add(resume);
      signal?.addEventListener('abort', resume, { once: true });
    });

  return {
    async open(purpose, signal) {
      for (;;) {
        if (signal?.aborted) return cancelled(node);
        if (firstLink.isLost) return lost(node, await first.lost);
        const link = pick(purpose);
        if (!link) {
          const adding = addLogin();
          const failure = adding ? await adding : (await untilWoken(signal), null);
          // What runs on the other logins goes on, and frees sessions.
          if (failure && links.every(({ taken }) => taken === 0)) return { ok: false, failure };
          if (failure) await untilWoken(signal);
          continue;
        }
        link.taken += 1;
        const opened = await startSession(link.login);
        if ('channel' in opened) {
          link.granted += 1;
          opened.channel.once('close', () => {
            link.granted -= 1;
            release(link);
          });
          return { ok: true, value: opened.channel };
        }
        release(link);
        if (link.isLost) continue;
        if (!opened.isRefused || (link.granted === 0 && link.taken === 0)) {
          return { ok: false, failure: refused(node, opened.reason) };
        }
        // Those that were asked for together are refused together: each refusal counts for itself.
        limit = Math.max(1, link.granted, limit - 1);
      }
    },

    async close() {
      const further = links.filter((link) => link !== firstLink);
      await Promise.all(further.map(({ login }) => login.close()));
    },
  };
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

function refused(node: string, reason: string): Failure {
  return createFailure('unreachable', `the node lets nobody run a program: ${reason}`, {
    node,
    hint: 'look at MaxSessions and ForceCommand in its sshd_config, and at its log',
  });
}

function lost(node: string, reason: string): Outcome<never> {
  return { ok: false, failure: createFailure('connection_lost', reason, { node }) };
}

function cancelled(node: string): Outcome<never> {
  return { ok: false, failure: createFailure('cancelled', 'cancelled', { node }) };
}
