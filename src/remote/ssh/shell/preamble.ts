import type { ClientChannel } from 'ssh2';

import { MARKS } from './boot.js';

/** How much of what the login printed instead of a shell is told. */
const NOISE_LIMIT = 300;
const NEWLINE = 0x0a;

/** The program runs as this process; or what the login printed instead. */
export type Preamble = { readonly pid: number } | { readonly printed: string };

/**
 * Reads both streams of a channel up to where a program begins: what rc files print is not its output. Leaves the
 * streams paused, with everything that follows.
 */
export async function passTo(channel: ClientChannel, token: string): Promise<Preamble> {
  const [started, errors] = await Promise.all([
    readUntil(channel, channel, `${token}${MARKS.started}`),
    readUntil(channel.stderr, channel, `${token}${MARKS.end}`),
  ]);
  if (started.words !== null) return { pid: Number(started.words) };
  return { printed: `${started.noise}${errors.noise}`.trim() };
}

interface Read {
  readonly noise: string;
  /** What follows the mark in its line; `null` where the channel was closed without one. */
  readonly words: string | null;
}

function readUntil(
  stream: ClientChannel | ClientChannel['stderr'],
  channel: ClientChannel,
  mark: string,
): Promise<Read> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    const finish = (words: string | null) => {
      stream.off('data', onData);
      stream.off('end', onEnd);
      channel.off('close', onEnd);
      resolve({ noise: seen.toString('utf8', 0, NOISE_LIMIT), words });
    };
    const onEnd = () => finish(null);
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const start = seen.indexOf(mark);
      const end = start === -1 ? -1 : seen.indexOf(NEWLINE, start);
      if (end === -1) return;
      stream.pause();
      const words = seen.toString('utf8', start + mark.length, end).trim();
      const rest = seen.subarray(end + 1);
      if (rest.length > 0) stream.unshift(rest);
      finish(words);
    };
    stream.on('data', onData);
    stream.once('end', onEnd);
    channel.once('close', onEnd);
  });
}
