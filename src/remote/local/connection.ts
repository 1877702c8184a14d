import { homedir, userInfo } from 'node:os';

import { onAbort } from '../../async/abort.js';
import { type Clock, systemClock } from '../../async/clock.js';
import type { CommandResult } from '../../model/command.js';
import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection, TransferOptions } from '../connection.js';
import { copyTree } from './copy.js';
import { execLocally } from './exec/exec.js';
import { createPipeSupply } from './exec/pipes.js';

export interface LocalOptions {
  /** Where commands run that name no folder, absolute: the project. */
  readonly cwd: string;
  /** Added to playbook's own environment for every command. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For timeouts and grace periods. */
  readonly clock?: Clock;
}

/** The machine that runs playbook, as a node. */
export function openLocal(node: NodeSpec, options: LocalOptions): Promise<Outcome<Connection>> {
  const { cwd, environment = {}, clock = systemClock } = options;
  const pipes = createPipeSupply();
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  const track = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    const forget = () => running.delete(work);
    work.then(forget, forget);
    return work;
  };
  const transfer = async (from: string, to: string, transferOptions: TransferOptions = {}) => {
    const cancel = new AbortController();
    const forget = [transferOptions.signal, closing.signal].map((signal) =>
      onAbort(signal, () => cancel.abort()),
    );
    const copied = await copyTree(node.name, from, to, {
      ...transferOptions,
      signal: cancel.signal,
    });
    forget.forEach((undo) => undo());
    return copied;
  };

  const connection: Connection = {
    node: node.name,
    isOpen: () => !closing.signal.aborted,
    exec(command, execOptions = {}) {
      if (closing.signal.aborted) return Promise.resolve(closedResult());
      const context = { clock, cwd, environment, pipes, closing: closing.signal };
      return track(execLocally(command, execOptions, context));
    },
    upload: (from, to, transferOptions) => track(transfer(from, to, transferOptions)),
    download: (from, to, transferOptions) => track(transfer(from, to, transferOptions)),
    info: () => Promise.resolve({ ok: true, value: { home: homedir(), user: userName() } }),
    async close() {
      closing.abort();
      await Promise.all(running);
      pipes.close();
    },
  };
  return Promise.resolve({ ok: true, value: connection });
}

function closedResult(): CommandResult {
  const reason = 'the connection is closed';
  const nothing = Buffer.alloc(0);
  return { termination: 'not-started', reason, stdout: nothing, stderr: nothing, durationMs: 0 };
}

/** A user id without an entry in the user database, as containers often have, is its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
