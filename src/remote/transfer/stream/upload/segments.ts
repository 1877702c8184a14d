import type { FileHandle } from 'node:fs/promises';

import { SourceChanged } from '../../failure.js';
import { permissions } from '../../scan.js';
import type { FileDigest } from '../digest.js';
import { BLOCK } from '../node/prelude.js';
import type { Progress } from '../progress.js';

/** How much the node writes before it begins to read it back for the digest. */
const SEGMENT = 32 * BLOCK;
/** How often the end of a file that grows meanwhile is caught up with. */
const ROUNDS = 20;

export interface Source {
  readonly handle: FileHandle;
  readonly name: string;
  /** Where to begin, in bytes. */
  readonly start: number;
  /** Of what comes from there on. */
  readonly digest: FileDigest;
}

/**
 * Makes the segments that `RECEIVE_FILE` wants, up to where the file ends when its end is reached.
 *
 * @returns The sha256 of what was sent, as hex.
 * @throws SourceChanged, or what the file system says.
 */
export async function* sendSegments(
  { handle, name, start, digest }: Source,
  progress: Progress,
): AsyncGenerator<Buffer, string, undefined> {
  let position = start;
  let status = await handle.stat();
  for (let round = 0; status.size !== position || round === 0; round += 1) {
    if (round > ROUNDS) throw new SourceChanged(`${name} grows faster than it can be copied`);
    if (status.size < position) throw shorter(name);
    while (position < status.size) {
      const length = Math.min(SEGMENT, status.size - position);
      yield Buffer.from(`${Math.floor(length / BLOCK)} ${length % BLOCK}\n`);
      const end = position + length;
      while (position < end) {
        const chunk = Buffer.allocUnsafeSlow(Math.min(BLOCK, end - position));
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
        if (bytesRead === 0) throw shorter(name);
        const data = chunk.subarray(0, bytesRead);
        position += bytesRead;
        digest.advance([data], position);
        progress.addBytes(bytesRead);
        yield data;
      }
    }
    status = await handle.stat();
  }
  const sha256 = await digest.finish();
  const mode = permissions(status.mode).toString(8).padStart(4, '0');
  progress.addFiles(1);
  yield Buffer.from(`end\n${sha256} ${mode} ${touchTime(status.mtimeMs)}\n`);
  return sha256;
}

function shorter(name: string): SourceChanged {
  return new SourceChanged(`${name} became shorter meanwhile`);
}

/** As `touch -t` takes it, in UTC. */
function touchTime(timeMs: number): string {
  const iso = new Date(Math.max(0, timeMs)).toISOString();
  const [, year, month, day, hour, minute, second] =
    /^\+?(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/.exec(iso) ?? [];
  return `${String(year).slice(-4)}${month}${day}${hour}${minute}.${second}`;
}
