import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { mkdir, rm, unlink } from 'node:fs/promises';
import path from 'node:path';

import { SourceChanged } from '../../failure.js';
import { joinBytes } from '../../scan.js';
import type { StreamTransferContext } from '../context.js';
import { ContentDiffers, NodeError } from '../errors.js';
import type { Progress } from '../progress.js';
import type { Sink } from './intake.js';
import { makeLinks } from './links.js';
import { placeTree } from './place.js';
import { acceptFile, openIncomingFile } from './receive-file.js';
import { receive } from './receive.js';
import { type Report, findChanged, parseSizeNow } from './report.js';
import { type Unpacker, createUnpacker } from './unpack.js';

export interface FolderJob {
  readonly from: string;
  readonly to: string;
  readonly context: StreamTransferContext;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** A folder that is being brought here. */
export interface IncomingFolder {
  readonly sink: Sink;
  /** Compares, fetches again what was written to meanwhile, and gives everything its name. */
  readonly complete: (report: Report) => Promise<void>;
  /** Removes what is incomplete. */
  readonly close: () => Promise<void>;
}

/** @param stage Where it is unpacked, which is not there yet: on the disk of the target. */
export async function openIncomingFolder(
  job: FolderJob,
  realPath: Buffer,
  stage: string,
): Promise<IncomingFolder> {
  const { from, to, context, progress } = job;
  const tree = Buffer.from(path.join(stage, 'tree'));
  await mkdir(stage, { mode: 0o700 });
  await mkdir(tree);
  const unpacker: Unpacker = createUnpacker(tree, progress);
  const hash = createHash('sha256');

  return {
    sink: {
      async write(buffers) {
        for (const buffer of buffers) {
          hash.update(buffer);
          await unpacker.write(buffer);
        }
      },
    },
    async complete(report) {
      if (hash.digest('hex') !== report.sha256) {
        throw new ContentDiffers('what came has another sha256 than what the node sent');
      }
      await unpacker.finish();
      for (const name of findChanged(report, (file) => sizeIn(tree, file))) {
        await fetchAgain(job, tree, name);
      }
      // Last, so that nothing is looked up or written through one.
      makeLinks(tree, unpacker.links, [Buffer.from(from), realPath]);
      await placeTree(tree, Buffer.from(to), unpacker.folders, context.clock);
    },
    async close() {
      unpacker.dispose();
      await rm(stage, { recursive: true, force: true });
    },
  };
}

/** `undefined` where there is no such file in the tree. */
function sizeIn(tree: Buffer, name: Buffer): number | undefined {
  const status = lstatSync(joinBytes(tree, name), { throwIfNoEntry: false });
  return status?.isFile() ? status.size : undefined;
}

/** A file that was written to while tar read it comes by itself, which catches up with what grows. */
async function fetchAgain(
  { from, context, progress, signal }: FolderJob,
  tree: Buffer,
  name: Buffer,
): Promise<void> {
  const text = name.toString();
  if (!Buffer.from(text).equals(name)) throw new SourceChanged(`${text} changed meanwhile`);
  const source = `${from}/${text}`;
  const part = joinBytes(tree, name);
  progress.addBytes(-lstatSync(part).size);
  progress.addFiles(-1);
  await unlink(part);
  const incoming = await openIncomingFile(source, part, context, progress, signal);
  try {
    const report = await receive(context, source, 0, signal, acceptFile(source, incoming.accept));
    await incoming.complete(parseSizeNow(report), report.sha256);
  } catch (error) {
    // As if it had gone a moment before the folder was read.
    if (!(error instanceof NodeError && error.code === 'ENOENT')) throw error;
    await unlink(part);
  } finally {
    await incoming.close();
  }
}
