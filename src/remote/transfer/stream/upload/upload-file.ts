import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { SourceChanged } from '../../failure.js';
import type { StreamTransferContext } from '../context.js';
import { type FileDigest, digestOfPart, startDigest } from '../digest.js';
import { ContentDiffers } from '../errors.js';
import { labelOf } from '../node/label.js';
import { BLOCK } from '../node/prelude.js';
import { type ScriptEnd, requireSuccess, runScript } from '../node/run-script.js';
import { sweepNode } from '../node/sweep.js';
import type { Progress } from '../progress.js';
import { FIND_INCOMPLETE, RECEIVE_FILE } from './file-scripts.js';
import { sendSegments } from './segments.js';

/** Below this the question for an earlier attempt costs more than it can save. */
const WORTH_RESUMING = 16 * BLOCK;

/**
 * Uploads one file, and continues an earlier attempt where there is one.
 *
 * @param from Not a link.
 * @param to Absolute and without `.`, `..` or a slash at its end.
 */
export async function uploadFile(
  from: Buffer,
  to: string,
  context: StreamTransferContext,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(from, flags);
  try {
    const name = from.toString();
    const status = await handle.stat();
    if (!status.isFile()) throw new SourceChanged(`${name} is neither a file nor a folder`);
    const job: Job = { handle, name, to, context, progress, signal };
    const found = status.size >= WORTH_RESUMING ? await findIncomplete(job, status.size) : null;
    const start = (found?.blocks ?? 0) * BLOCK;
    const digest = startDigest(handle, start, status.size - start);
    try {
      await send(job, digest, found);
    } finally {
      await digest.dispose();
    }
    // What was there already.
    progress.addBytes(start);
  } finally {
    await handle.close();
  }
}

interface Job {
  readonly handle: FileHandle;
  readonly name: string;
  readonly to: string;
  readonly context: StreamTransferContext;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** An incomplete copy on the node whose content is that of the file's beginning. */
interface Incomplete {
  readonly name: string;
  readonly blocks: number;
}

async function findIncomplete(job: Job, size: number): Promise<Incomplete | null> {
  const { handle, to, context, signal } = job;
  const end = await runScript(context, FIND_INCOMPLETE, [to, labelOf(to)], { signal });
  requireSuccess(end);
  const [, name = '', blocks = '', digest] =
    /^(\S+) (\d+) ([0-9a-f]{64})$/m.exec(end.result.stdout.toString()) ?? [];
  const length = Number(blocks) * BLOCK;
  if (name === '' || length > size) return null;
  const isSame = (await digestOfPart(handle, 0, length, signal)) === digest;
  return isSame ? { name, blocks: Number(blocks) } : null;
}

async function send(job: Job, digest: FileDigest, found: Incomplete | null): Promise<void> {
  const { handle, name, to, context, progress, signal } = job;
  let sha256 = '';
  const source = { handle, name, start: (found?.blocks ?? 0) * BLOCK, digest };
  const input = (async function* () {
    sha256 = yield* sendSegments(source, progress);
  })();
  const args = [to, labelOf(to), found?.name ?? '', String(found?.blocks ?? 0)];
  const end = await runScript(context, RECEIVE_FILE, args, { signal, input });
  try {
    requireSuccess(end);
    requireSameDigest(end.result.stdout.toString(), sha256);
  } catch (error) {
    if (mayBeLeft(end)) await sweepNode(context, to, end);
    throw error;
  }
}

/** What the node says it holds has to be what was sent. */
export function requireSameDigest(output: string, digest: string): void {
  const [, told = ''] = /^sha256 ([0-9a-f]{64})$/m.exec(output) ?? [];
  if (told === digest) return;
  throw new ContentDiffers(`the node has the sha256 ${told || 'of nothing'} of what has ${digest}`);
}

/**
 * Whether something incomplete is left that nobody will ask for. What a lost connection left is what the next attempt
 * continues.
 */
export function mayBeLeft({ result }: ScriptEnd): boolean {
  return !['connection-lost', 'not-started'].includes(result.termination);
}
