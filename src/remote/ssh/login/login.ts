import type { Client } from 'ssh2';

/** A connection that is logged in. */
export interface Login {
  /** With a permanent error listener; nobody else opens channels on it. */
  readonly client: Client;
  readonly user: string;
  /** The address it is connected to, for messages: `host:port`. */
  readonly address: string;
  /** Resolves once, when the connection has ended for whatever reason, with the reason in words; also after `close`. */
  readonly lost: Promise<string>;
  /** Ends it and every hop that was opened for it and that nobody else uses. Never rejects; bounded. Safe to call twice. */
  close(): Promise<void>;
}
