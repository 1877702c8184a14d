import type { StreamTransferContext } from '../context.js';
import { type TreeEntry, joinBytes, scanFolder } from '../../scan.js';
import { NodeError } from '../errors.js';
import { labelOf } from '../node/label.js';
import { requireSuccess, runScript } from '../node/run-script.js';
import { sweepNode } from '../node/sweep.js';
import type { Progress } from '../progress.js';
import { RECEIVE_FOLDER } from './folder-scripts.js';
import { packFolder } from './pack.js';
import { mayBeLeft, requireSameDigest, uploadFile } from './upload-file.js';

/**
 * Uploads the content of a folder: all that is small in one stream, then each large file by itself, then the modes of the
 * folders, which may keep everybody from writing to them.
 *
 * @param to Absolute and without `.`, `..` or a slash at its end.
 */
export async function uploadFolder(
  from: Buffer,
  to: string,
  context: StreamTransferContext,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const entries = await scanFolder(from, signal);
  const large: Buffer[] = [];
  await sendFolder(entries, () => large.length === 0);
  if (large.length === 0) return;
  for (const path of large) {
    await uploadFile(joinBytes(from, path), nodePath(to, path), context, progress, signal);
  }
  await sendFolder(
    entries.filter((entry) => entry.type === 'directory'),
    () => true,
  );

  async function sendFolder(
    some: readonly TreeEntry[],
    withFolderModes: () => boolean,
  ): Promise<void> {
    let digest = '';
    const { clock } = context;
    const onLarge = (path: Buffer) => large.push(path);
    const input = (async function* () {
      digest = yield* packFolder(from, some, { clock, progress, onLarge, withFolderModes });
    })();
    const end = await runScript(context, RECEIVE_FOLDER, [to, labelOf(to)], { signal, input });
    try {
      requireSuccess(end);
      requireSameDigest(end.result.stdout.toString(), digest);
    } catch (error) {
      if (mayBeLeft(end)) await sweepNode(context, to, end);
      throw error;
    }
  }
}

/** Arguments of programs are text: a name that is none cannot be given to one. */
function nodePath(folder: string, path: Buffer): string {
  const text = path.toString();
  if (!Buffer.from(text).equals(path)) {
    throw new NodeError(`${text} is too large for a file whose name is not UTF-8`);
  }
  return `${folder}/${text}`;
}
