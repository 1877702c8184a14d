import { onAbort } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import type { Command, CommandResult } from '../../model/command.js';
import { createFailure, type Outcome } from '../../model/failure.js';
import type { Connection, ExecOptions, TransferOptions } from '../connection.js';
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
  /** Another login to the same node; `null` where none may be opened at present. */
  readonly dial: () => Promise<Outcome<Login>> | null;
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
  const sessions = createSessions(login, { node, dial });
  const shells = createShells(node, sessions);
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const rescues = new Set<Promise<void>>();
  let isLost = false;
  void login.lost.then(() => (isLost = true));

  const track = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    const forget = () => running.delete(work);
    work.then(forget, forget);
    return work;
  };
  const context: SshExecContext = {
    node,
    clock,
    sessions,
    shells,
    lost: login.lost,
    onOrphan: (orphan) => void rescues.add(onOrphan(orphan)),
  };
  const exec = (command: Command, execOptions: ExecOptions = {}): Promise<CommandResult> =>
    closing.signal.aborted
      ? Promise.resolve(closedResult())
      : track(execOverSsh(command, execOptions, context, closing.signal));
  const transfer = async <T>(
    work: (transferOptions: TransferOptions) => Promise<T>,
    transferOptions: TransferOptions = {},
  ): Promise<T> => {
    const cancel = new AbortController();
    const forget = [transferOptions.signal, closing.signal].map((signal) =>
      onAbort(signal, () => cancel.abort()),
    );
    const done = await work({ ...transferOptions, signal: cancel.signal });
    forget.forEach((undo) => undo());
    return done;
  };
  const streams = { node, exec, clock, random };

  return {
    node,
    isOpen: () => !isLost && !closing.signal.aborted,
    exec,
    upload: (from, to, given) =>
      track(transfer((wanted) => uploadByStream(from, to, streams, wanted), given)),
    download: (from, to, given) =>
      track(transfer((wanted) => downloadByStream(from, to, streams, wanted), given)),
    lookAfter: (work) => track(work(shells)),
    async info() {
      const taken = await shells.take('work');
      if (!taken.ok) return taken;
      const { home } = taken.value;
      shells.giveBack(taken.value);
      if (home.startsWith('/')) return { ok: true, value: { home, user: login.user } };
      return { ok: false, failure: noHome(node, home) };
    },
    async close() {
      closing.abort();
      await Promise.all(running);
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

function closedResult(): CommandResult {
  const reason = 'the connection is closed';
  const nothing = Buffer.alloc(0);
  return { termination: 'not-started', reason, stdout: nothing, stderr: nothing, durationMs: 0 };
}
