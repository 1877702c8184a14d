import { randomUUID } from 'node:crypto';

import { userName } from '../../remote/local/user-name.js';
import { identifyProcess, type ProcessIdentity } from './process.js';

/** Who has a lock, as its file tells. The shape is that of the file, hence the snake case. */
export interface LockHolder extends ProcessIdentity {
  /** Unique: no two takers share one. */
  readonly holder: string;
  /** What it does with the project. */
  readonly command: 'run' | 'cleanup';
  /** `null`: it has no name yet, or is no run. */
  readonly run: string | null;
  readonly user: string;
  /** ISO 8601 in UTC, for people: nothing is judged by it. */
  readonly since: string;
}

/** This process as the holder of a lock. */
export function thisProcess(command: LockHolder['command'], now: number): LockHolder {
  return {
    holder: randomUUID(),
    command,
    run: null,
    ...identifyProcess(),
    user: userName(),
    since: new Date(now).toISOString(),
  };
}
