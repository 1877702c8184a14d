import type { Duplex } from 'node:stream';

/** What a server said before it was clear that it speaks SSH. */
export interface FirstBytes {
  /** The first line, without control characters; empty while nothing came. */
  readonly line: () => string;
  readonly stop: () => void;
}

const ENOUGH = 200;

/** Listens in on a stream that somebody else reads. To be called after that reader paused it. */
export function listenIn(stream: Duplex): FirstBytes {
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk.subarray(0, ENOUGH - seen.length)]);
    if (seen.length >= ENOUGH) stop();
  };
  const stop = () => {
    stream.removeListener('data', onData);
  };
  stream.on('data', onData);
  return {
    line: () =>
      (seen.toString('latin1').split(/\r?\n/)[0] ?? '').replace(/[^\x20-\x7e]+/g, ' ').trim(),
    stop,
  };
}

/** sshd's own words for a connection it has no room for: the limit of unauthenticated ones, or a penalty for the source. */
export function isThrottled(line: string): boolean {
  return /Exceeded MaxStartups|Not allowed at this time/i.test(line);
}
