import { finished } from 'node:stream/promises';

import type { StreamTransferContext } from '../context.js';
import { requireSuccess, runScript } from '../node/run-script.js';
import { type Announcement, Intake, type Sink } from './intake.js';
import { type Report, parseReport } from './report.js';
import { SEND } from './scripts.js';

/** For messages about, or sizes of, very many files. What is longer loses its beginning, and the transfer fails. */
const LONGEST_REPORT = 256 * 1024 * 1024;

/**
 * Lets the node send a file or a folder. Resolves when all of it went to the sink that `open` made for it.
 *
 * @param offset From which byte on; of a folder always 0.
 */
export async function receive(
  context: StreamTransferContext,
  from: string,
  offset: number,
  signal: AbortSignal | undefined,
  open: (announcement: Announcement) => Promise<Sink>,
): Promise<Report> {
  const intake = new Intake(open);
  try {
    const end = await runScript(context, SEND, [from, String(offset)], {
      signal,
      output: intake,
      captureLimit: LONGEST_REPORT,
    });
    requireSuccess(end);
    intake.end();
    await finished(intake);
    return parseReport(end.result.stderr);
  } finally {
    intake.destroy();
    await intake.settled();
  }
}
