import type { ClientChannel } from 'ssh2';

/** A channel on which our shell waits to be told what to do. Its streams are paused. */
export interface Session {
  readonly channel: ClientChannel;
  /** Of the login that it is on: resolves when that is gone, with the reason in words. */
  readonly lost: Promise<string>;
}

/** Closes a channel that nobody reads any more: one that is not read to its end never says that it is closed. */
export function discard(channel: ClientChannel): void {
  channel.resume();
  channel.stderr.resume();
  channel.close();
}
