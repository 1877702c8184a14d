import type { Clock } from '../../../async/clock.js';
import type { ProgramExit } from '../../connection.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Shells } from '../sessions/shells.js';

/** What an SSH connection gives to each of its commands. */
export interface SshExecContext {
  readonly node: string;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly shells: Shells;
  /** Resolves when the connection is gone, with the reason in words. */
  readonly lost: Promise<string>;
  /** Remembers a program that could not be ended because the connection is gone. */
  readonly onOrphan: (orphan: Orphan) => void;
}

/** A program on a node that nobody holds any more. */
export interface Orphan {
  readonly mark: string;
  /** `null` where it was lost before it told. */
  readonly group: number | null;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
}

export const DEFAULT_GRACE_MS = 10_000;
export const DEFAULT_CAPTURE_LIMIT = 1024 * 1024;
/** What a program left running may still be finishing its output. */
export const SETTLE_MS = 500;

/** How a command ended, and why. The first reason counts. */
export type Ending =
  | ProgramExit
  | { readonly termination: 'timed-out' | 'cancelled' }
  | { readonly termination: 'not-started' | 'connection-lost'; readonly reason: string };

export interface Output {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export const NO_OUTPUT: Output = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
