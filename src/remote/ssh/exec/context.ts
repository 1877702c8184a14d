import type { Clock } from '../../../async/clock.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Shells } from '../sessions/shells.js';
import type { Group } from '../shell/group.js';

/** What an SSH connection gives to each of its commands. */
export interface SshExecContext {
  readonly node: string;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly shells: Shells;
  /** Remembers a program that could not be ended because the connection is gone. */
  readonly onOrphan: (orphan: Orphan) => void;
}

/** A program on a node that nobody holds any more. */
export interface Orphan {
  readonly mark: string;
  /** `null` where it was lost before it told. */
  readonly group: Group | null;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
}
