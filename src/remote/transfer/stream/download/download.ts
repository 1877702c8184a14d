import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../../../../model/failure.js';
import type { TransferOptions, TransferSummary } from '../../../connection.js';
import type { StreamTransferContext } from '../context.js';
import { attempt } from '../outcome.js';
import { type FolderJob, openIncomingFolder } from './download-folder.js';
import type { AnnouncedFile, Sink } from './intake.js';
import { reserveStaging } from './local-staging.js';
import { openIncomingFile } from './receive-file.js';
import { receive } from './receive.js';
import { type Report, parseSizeNow } from './report.js';

/**
 * Copies a file, or the content of a folder, from a node to here, as `Connection.download` says. The node is not
 * trusted: whatever it sends, nothing is written outside of `to`.
 *
 * @param from Absolute, on the node.
 * @param to Absolute, on this machine; parents are made.
 */
export function downloadByStream(
  from: string,
  to: string,
  context: StreamTransferContext,
  options: TransferOptions = {},
): Promise<Outcome<TransferSummary>> {
  const { signal } = options;
  return attempt(context, from, to, options, (progress) => {
    const source = path.posix.resolve('/', from);
    return download({ from: source, to: path.resolve(to), context, progress, signal });
  });
}

/** What is being brought here, file or folder. */
interface Incoming {
  /** Compares, and gives it its name. */
  readonly complete: (report: Report) => Promise<void>;
  /** Removes what is incomplete. */
  readonly close: () => Promise<void>;
}

async function download(job: FolderJob): Promise<void> {
  const opened: Incoming[] = [];
  try {
    const report = await receive(job.context, job.from, 0, job.signal, async (announced) => {
      const { incoming, sink } =
        announced.type === 'file'
          ? await openFile(job, announced)
          : await openFolder(job, announced.realPath);
      opened.push(incoming);
      return sink;
    });
    for (const incoming of opened) await incoming.complete(report);
  } finally {
    for (const incoming of opened) await incoming.close();
  }
}

async function openFile(
  { from, to, context, progress, signal }: FolderJob,
  announced: AnnouncedFile,
): Promise<{ incoming: Incoming; sink: Sink }> {
  const part = await reserveStaging(path.dirname(to), to, context.random);
  const file = await openIncomingFile(from, part, context, progress, signal);
  const incoming: Incoming = {
    async complete(report) {
      await file.complete(parseSizeNow(report), report.sha256);
      await rename(part, to);
    },
    async close() {
      await file.close();
      await rm(part, { force: true });
    },
  };
  return { incoming, sink: file.accept(announced) };
}

async function openFolder(
  job: FolderJob,
  realPath: Buffer,
): Promise<{ incoming: Incoming; sink: Sink }> {
  const { to, context } = job;
  // Within a target that is there: it may be a disk of its own.
  const home = (await isFolder(to)) ? to : path.dirname(to);
  const stage = await reserveStaging(home, to, context.random);
  const folder = await openIncomingFolder(job, realPath, stage);
  return { incoming: folder, sink: folder.sink };
}

async function isFolder(target: string): Promise<boolean> {
  return stat(target).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
