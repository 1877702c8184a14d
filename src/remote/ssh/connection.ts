import type { Clock } from '../../async/clock.js';
import type { Command, CommandResult } from '../../model/command.js';
import { createFailure, type Outcome } from '../../model/failure.js';
import type { Connection, ExecOptions, NodeInfo } from '../connection.js';
import { beginLifetime } from '../lifetime.js';
import { downloadByStream } from '../transfer/stream/download/download.js';
import { uploadByStream } from '../transfer/stream/upload/upload.js';
import type { Orphan, SshExecContext } from './exec/context.js';
import { execOverSsh } from './exec/exec.js';
import type { Login } from './login/login.js';
import { createSessions } from './sessions/sessions.js';
import { type Shells, createShells } from './sessions/shells.js';

export interface SshConnectionOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Another login to the same node; `null` where none may be opened at present. The signal gives it up. */
  readonly dial: (signal: AbortSignal) => Promise<Outcome<Login>> | null;
  /**
   * Told of what could not be ended because the connection is gone. Resolves when that was tried again: `close` waits
   * for it.
   */
  readonly onOrphan: (orphan: Orphan) => Promise<void>;
}

export interface SshConnection extends Connection {
  /** Lends the shells, to end what an earlier connection left. */
  lookAfter(work: (shells: Shells) => Promise<void>): Promise<void>;
}

/** Makes a connection of a login, which belongs to it from now on. */
export function connectOverSsh(login: Login, options: SshConnectionOptions): SshConnection {
  const { node, clock, random, dial, onOrphan } = options;
  const sessions = createSessions(login, { node, clock, dial, spare: () => shells.closeIdle() });
  const shells: Shells = createShells(node, sessions, clock);
  const lifetime = beginLifetime();
  const rescues = new Set<Promise<void>>();
  let isLost = false;
  void login.lost.then(() => (isLost = true));

  const context: SshExecContext = {
    node,
    clock,
    sessions,
    shells,
    onOrphan: (orphan) => void rescues.add(onOrphan(orphan)),
  };
  const exec = (command: Command, execOptions: ExecOptions = {}): Promise<CommandResult> =>
    lifetime.exec(() => execOverSsh(command, execOptions, context, lifetime.closing));
  const streams = { node, exec, clock, random };
  const askLogin = async (): Promise<Outcome<NodeInfo>> => {
    const taken = await shells.take('work', lifetime.closing);
    if (!taken.ok) return taken;
    const { home } = taken.value;
    shells.giveBack(taken.value);
    if (home.startsWith('/')) return { ok: true, value: { home, user: login.user } };
    return { ok: false, failure: noHome(node, home) };
  };

  return {
    node,
    isOpen: () => !isLost && !lifetime.closing.aborted,
    exec,
    upload: (from, to, given) =>
      lifetime.transfer((wanted) => uploadByStream(from, to, streams, wanted), given),
    download: (from, to, given) =>
      lifetime.transfer((wanted) => downloadByStream(from, to, streams, wanted), given),
    lookAfter: (work) => lifetime.track(work(shells)),
    info: () => lifetime.track(askLogin()),
    async close() {
      await lifetime.end();
      shells.close();
      await sessions.close();
      await login.close();
      await Promise.all(rescues);
    },
  };
}

function noHome(node: string, home: string) {
  return createFailure('unreachable', `the login has no home: HOME is ${JSON.stringify(home)}`, {
    node,
    hint: 'look at its entry in /etc/passwd on the node',
  });
}
