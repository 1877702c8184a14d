import type { Clock } from '../../async/clock.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';

/** What cleaning up after earlier runs needs of the world. */
export interface RecoveryContext {
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  /** The project's root, absolute. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Removes even results that could not be brought home; default: they stay. */
  readonly isKeptRemoved?: boolean;
  /** The run that cleans up before it begins; none: somebody has asked for it. */
  readonly present?: {
    readonly run: string;
    /** See `LeaseKeeper.wasSwept`. */
    readonly wasSwept: (machine: string, run: string) => boolean;
  };
}
