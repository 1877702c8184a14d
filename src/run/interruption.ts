import { createFailure, type Failure } from '../model/failure.js';

/**
 * What can stop a run from outside its plan. `SIGHUP`: the terminal was closed. `defect`: a bug in playbook. `lock_lost`:
 * another run has the project.
 */
export type InterruptionCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'defect' | 'lock_lost';

/** What the process returns because of it. */
export type InterruptionCode = 130 | 143 | 70 | 3;

/** Why a run is being cancelled: the reason of the abort signal that `runSuite` is given. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly signal: InterruptionCause;

  constructor(signal: InterruptionCause) {
    super(describe(signal));
    this.signal = signal;
  }

  /** 128 and the signal's number, a closed terminal as SIGTERM; 70 for a bug; 3 where the project was lost, as for a node. */
  get exitCode(): InterruptionCode {
    switch (this.signal) {
      case 'SIGINT':
        return 130;
      case 'SIGTERM':
      case 'SIGHUP':
        return 143;
      case 'defect':
        return 70;
      case 'lock_lost':
        return 3;
    }
  }
}

function describe(signal: InterruptionCause): string {
  switch (signal) {
    case 'SIGINT':
      return 'interrupted by Ctrl-C';
    case 'SIGTERM':
      return 'terminated by SIGTERM';
    case 'SIGHUP':
      return 'stopped because the terminal was closed';
    case 'defect':
      return 'stopped by a bug in playbook';
    case 'lock_lost':
      return 'stopped because it has lost the project';
  }
}

/** By what a run was stopped. */
export function whyStopped({ reason }: AbortSignal): string {
  return reason instanceof Interruption ? reason.message : 'the run was stopped';
}

/** The failure of whatever was cut off by a signal. */
export function cancelled(reason: unknown): Failure {
  const message = reason instanceof Interruption ? reason.message : 'cancelled';
  return createFailure('cancelled', message);
}
