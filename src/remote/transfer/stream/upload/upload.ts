import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../../../../model/failure.js';
import type { TransferOptions, TransferSummary } from '../../../connection.js';
import type { StreamTransferContext } from '../context.js';
import { attempt } from '../outcome.js';
import { uploadFile } from './upload-file.js';
import { uploadFolder } from './upload-folder.js';

/**
 * Copies a file, or the content of a folder, to a node, as `Connection.upload` says.
 *
 * @param from Absolute, on this machine.
 * @param to Absolute, on the node; parents are made.
 */
export function uploadByStream(
  from: string,
  to: string,
  context: StreamTransferContext,
  options: TransferOptions = {},
): Promise<Outcome<TransferSummary>> {
  return attempt(context, from, to, options, async (progress) => {
    const target = path.posix.resolve('/', to);
    if ((await stat(from)).isDirectory()) {
      await uploadFolder(Buffer.from(from), target, context, progress, options.signal);
    } else {
      const file = await realpath(from, { encoding: 'buffer' });
      await uploadFile(file, target, context, progress, options.signal);
    }
  });
}
