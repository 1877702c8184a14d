import type { Clock } from '../../../async/clock.js';
import type { Connection } from '../../connection.js';

/** The only thing a transfer needs of a connection. */
export type Exec = Connection['exec'];

export interface StreamTransferContext {
  /** The node's name, for failures. */
  readonly node: string;
  readonly exec: Exec;
  /** For the pace of progress events, and for slices of work. */
  readonly clock: Clock;
  /** In [0, 1). For the names of what is incomplete. */
  readonly random: () => number;
}
