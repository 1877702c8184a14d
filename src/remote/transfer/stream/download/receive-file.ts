import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { SourceChanged } from '../../failure.js';
import type { StreamTransferContext } from '../context.js';
import { type FileDigest, startDigest } from '../digest.js';
import { ContentDiffers, EntryRefused } from '../errors.js';
import type { Progress } from '../progress.js';
import type { AnnouncedFile, Announcement, Sink } from './intake.js';
import { receive } from './receive.js';
import { parseSizeNow } from './report.js';

/** How often the end of a file that grows meanwhile is caught up with. */
const ROUNDS = 20;
/** A rest of more than this, and of more than the one before, would take ever longer. */
const LARGE_REST_BYTES = 64 * 1024 * 1024;

/** One answer of the node: the file, or what it has grown by. */
interface Round {
  readonly announced: AnnouncedFile;
  readonly digest: FileDigest;
  /** Where it ends in the file. */
  readonly end: number;
}

/** A file that is being brought here. */
export interface IncomingFile {
  /** Takes what a node announced. */
  readonly accept: (announced: AnnouncedFile) => Sink;
  /** Fetches what the file has become meanwhile, and gives it its mode and time. */
  readonly complete: (now: number, sha256: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * @param from On the node.
 * @param part Where it is written, which must not be there yet.
 */
export async function openIncomingFile(
  from: string,
  part: string | Buffer,
  context: StreamTransferContext,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<IncomingFile> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(part, flags, 0o600);
  let received = 0;
  let round: Round | null = null;

  const accept = (announced: AnnouncedFile): Sink => {
    const digest = startDigest(handle, received, announced.length);
    const current = { announced, digest, end: received + announced.length };
    round = current;
    return {
      async write(buffers) {
        const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
        if (received + length > current.end) {
          throw new EntryRefused('the node sends more than it announced');
        }
        await writeAll(handle, buffers, received);
        received += length;
        digest.advance(buffers, received);
        progress.addBytes(length);
      },
    };
  };
  const endRound = async (): Promise<Round | null> => {
    const current = round;
    round = null;
    await current?.digest.dispose();
    return current;
  };
  const check = async (sha256: string): Promise<AnnouncedFile> => {
    const arrived = await round?.digest.finish();
    const ended = await endRound();
    if (ended?.end !== received || arrived !== sha256) {
      throw new ContentDiffers(
        `what came of ${from} is not what lies on the node, which may have changed meanwhile`,
      );
    }
    return ended.announced;
  };

  return {
    accept,
    async complete(now, sha256) {
      let announced = await check(sha256);
      let size = now;
      let mostBytes = Infinity;
      for (let rounds = 1; size !== received; rounds += 1) {
        if (size < received) throw new SourceChanged(`${from} became shorter meanwhile`);
        if (rounds > ROUNDS || size - received > mostBytes) {
          throw new SourceChanged(`${from} grows faster than it can be copied`);
        }
        mostBytes = Math.max(size - received, LARGE_REST_BYTES);
        const report = await receive(context, from, received, signal, acceptFile(from, accept));
        announced = await check(report.sha256);
        size = parseSizeNow(report);
      }
      await handle.utimes(announced.mtime, announced.mtime);
      await handle.chmod(announced.mode);
      progress.addFiles(1);
    },
    async close() {
      await endRound();
      await handle.close();
    },
  };
}

/** For whoever wants nothing but a file. */
export function acceptFile(
  from: string,
  accept: IncomingFile['accept'],
): (announcement: Announcement) => Promise<Sink> {
  return (announcement) =>
    announcement.type === 'file'
      ? Promise.resolve(accept(announcement))
      : Promise.reject(new SourceChanged(`${from} is no file any more`));
}

async function writeAll(
  handle: FileHandle,
  buffers: readonly Buffer[],
  position: number,
): Promise<void> {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  let at = position;
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest, at);
    at += bytesWritten;
    while (rest[0] && bytesWritten >= rest[0].length) {
      bytesWritten -= rest[0].length;
      rest = rest.slice(1);
    }
    if (rest[0] && bytesWritten > 0) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)];
  }
}
