import { homedir } from 'node:os';

import { type Clock, systemClock } from '../../async/clock.js';
import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../connection.js';
import { beginLifetime } from '../lifetime.js';
import { copyTree } from './copy.js';
import { execLocally } from './exec/exec.js';
import { createPipeSupply } from './exec/pipes.js';
import { userName } from './user-name.js';

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
  const lifetime = beginLifetime();

  // Here and there are the same machine.
  const copy: Connection['upload'] = (from, to, given) =>
    lifetime.transfer((wanted) => copyTree(node.name, from, to, wanted), given);
  const connection: Connection = {
    node: node.name,
    isOpen: () => !lifetime.closing.aborted,
    exec(command, execOptions = {}) {
      const context = { clock, cwd, environment, pipes, closing: lifetime.closing };
      return lifetime.exec(() => execLocally(command, execOptions, context));
    },
    upload: copy,
    download: copy,
    info: () => Promise.resolve({ ok: true, value: { home: homedir(), user: userName() } }),
    async close() {
      await lifetime.end();
      pipes.close();
    },
  };
  return Promise.resolve({ ok: true, value: connection });
}
