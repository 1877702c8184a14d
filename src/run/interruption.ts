import { createFailure, type Failure } from '../model/failure.js';

/** Why a run is being cancelled: the reason of the abort signal that `runSuite` is given. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(signal === 'SIGINT' ? 'interrupted' : 'terminated');
    this.signal = signal;
  }

  /** What the process returns because of it: 128 and the signal's number. */
  get exitCode(): 130 | 143 {
    return this.signal === 'SIGINT' ? 130 : 143;
  }
}

/** The failure of whatever was cut off by a signal. */
export function cancelled(reason: unknown): Failure {
  const isTerminated = reason instanceof Interruption && reason.signal === 'SIGTERM';
  return createFailure(
    'cancelled',
    isTerminated ? 'terminated by SIGTERM' : 'interrupted by Ctrl-C',
  );
}
