import type { Hop } from './dial/transport.js';
import type { Login } from './login.js';

/** A login that others may go through. */
export interface OpenConnection extends Login, Hop {
  /** How long the dials took that led to it, waiting for a turn left out. */
  readonly spentMs: number;
}
