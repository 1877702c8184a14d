import { createFailure, type Outcome } from '../../../model/failure.js';

/** Why there is no session on a node. */
export function refused(node: string, reason: string): Outcome<never> {
  const message = `the node lets nobody run a program: ${reason}`;
  const hint = 'look at MaxSessions and ForceCommand in its sshd_config, and at its log';
  return { ok: false, failure: createFailure('unreachable', message, { node, hint }) };
}

/** @param printed What the login printed instead. */
export function noShell(node: string, printed: string): Outcome<never> {
  const said = printed === '' ? '' : `: ${JSON.stringify(printed)}`;
  const message = `the login did not start a shell${said}`;
  const hint = 'the login needs a shell that runs commands, and /bin/sh on the node';
  return { ok: false, failure: createFailure('unreachable', message, { node, hint }) };
}

export function slowShell(node: string, limitMs: number): Outcome<never> {
  const message = `the login shell was not ready after ${limitMs / 1_000} s`;
  const hint = 'look at what the start-up files of the login do on the node (.bashrc, config.fish)';
  return { ok: false, failure: createFailure('unreachable', message, { node, hint }) };
}

export function lost(node: string, reason: string): Outcome<never> {
  return { ok: false, failure: createFailure('connection_lost', reason, { node }) };
}

export function cancelled(node: string): Outcome<never> {
  return { ok: false, failure: createFailure('cancelled', 'cancelled', { node }) };
}
