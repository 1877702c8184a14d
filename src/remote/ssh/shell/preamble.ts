import type { ClientChannel } from 'ssh2';

import { onAbort } from '../../../async/abort.js';
import { MARKS } from './boot.js';
import { type Group, parseGroup } from './group.js';

const NEWLINE = 0x0a;

/**
 * Reads both streams of a session up to where its program begins. Leaves the streams paused, with everything that
 * follows.
 *
 * @param signal Ends the wait.
 * @returns The program's group; `null` where the signal aborted or the session ended before it was told.
 */
export async function untilStarted(
  channel: ClientChannel,
  token: string,
  signal: AbortSignal,
): Promise<Group | null> {
  const [started] = await Promise.all([
    readUntil(channel, channel, `${token}${MARKS.started}`, signal),
    readUntil(channel.stderr, channel, `${token}${MARKS.end}`, signal),
  ]);
  return started === null ? null : parseGroup(started);
}

/** @returns What follows the mark in its line; `null` where there was none. */
function readUntil(
  stream: ClientChannel | ClientChannel['stderr'],
  channel: ClientChannel,
  mark: string,
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    const finish = (words: string | null) => {
      forget();
      stream.off('data', onData);
      stream.off('end', onEnd);
      channel.off('close', onEnd);
      resolve(words);
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
    const forget = onAbort(signal, onEnd);
    stream.on('data', onData);
    stream.once('end', onEnd);
    channel.once('close', onEnd);
    stream.resume();
  });
}
