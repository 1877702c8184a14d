import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';

type ConnectKind = 'unreachable' | 'authentication' | 'host_key' | 'connection_lost';

/** A failed login. The node is filled in where the login began: a shared hop fails for several nodes at once. */
export function failLogin(
  kind: ConnectKind,
  message: string,
  hint: string | null = null,
): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: createFailure(kind, message, { hint }) };
}

export function cancelLogin(): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: createFailure('cancelled', 'the login was cancelled') };
}

/** Says at which hop it happened. */
export function atHop<T>(hop: string, outcome: Outcome<T>): Outcome<T> {
  if (outcome.ok || outcome.failure.kind === 'cancelled') return outcome;
  const { failure } = outcome;
  return { ok: false, failure: { ...failure, message: `jump host ${hop}: ${failure.message}` } };
}

/** The words of an error that somebody threw. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a system error: `ECONNREFUSED`. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
