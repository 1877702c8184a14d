import { onTestFinished } from 'vitest';

import { systemClock } from '../../../../../src/async/clock.js';
import type { Failure, Outcome } from '../../../../../src/model/failure.js';

import { createSharedLogins } from '../../../../../src/remote/ssh/login/shared-logins.js';
import {
  logIn,
  type Login,
  type LoginContext,
  type LoginNode,
} from '../../../../../src/remote/ssh/login/log-in.js';

export interface Logins {
  readonly context: LoginContext;
  readonly warnings: readonly string[];
  /** Logs in; what is open is closed when the test is over. */
  readonly logIn: (node: LoginNode, signal?: AbortSignal) => Promise<Outcome<Login>>;
}

/** The context of some logins, with nothing of the machine's own: a home that does not exist, no agent. */
export function createLogins(overrides: Partial<LoginContext> = {}): Logins {
  const warnings: string[] = [];
  const context: LoginContext = {
    nodes: [],
    clock: systemClock,
    environment: { HOME: '/nonexistent', USER: 'root', PATH: process.env['PATH'] },
    warn: (message) => warnings.push(message),
    random: () => Math.random(),
    shared: createSharedLogins({ clock: systemClock }),
    ...overrides,
  };
  return {
    context,
    warnings,
    async logIn(node, signal) {
      const outcome = await logIn(node, context, signal);
      if (outcome.ok) onTestFinished(() => outcome.value.close());
      return outcome;
    },
  };
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.kind}: ${outcome.failure.message}`);
  return outcome.value;
}

export function failureOf(outcome: Outcome<unknown>): Failure {
  if (outcome.ok) throw new Error('it succeeded');
  return outcome.failure;
}

/** Runs a command over a login and answers its output. */
export function execute(login: Login, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    login.client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let output = '';
      channel.setEncoding('utf8').on('data', (text: string) => (output += text));
      channel.on('close', () => resolve(output));
    });
  });
}
