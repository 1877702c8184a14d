import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { TransferOptions, TransferSummary } from '../../connection.js';
import { transferFailure } from '../failure.js';
import type { StreamTransferContext } from './context.js';
import { ConnectionLost, ContentDiffers, EntryRefused, NodeError, ToolsMissing } from './errors.js';
import { type Progress, createProgress } from './progress.js';

/** Carries a transfer out, and makes a failure of what it throws. */
export async function attempt(
  { node, clock }: StreamTransferContext,
  from: string,
  to: string,
  { signal, onProgress }: TransferOptions,
  transfer: (progress: Progress) => Promise<void>,
): Promise<Outcome<TransferSummary>> {
  const progress = createProgress(clock, onProgress);
  try {
    signal?.throwIfAborted();
    await transfer(progress);
    return { ok: true, value: progress.finish() };
  } catch (error) {
    const failure = signal?.aborted
      ? createFailure('cancelled', `copying ${from} to ${to} was cancelled`, { node })
      : explain(error, node, from, to);
    return { ok: false, failure };
  }
}

function explain(error: unknown, node: string, from: string, to: string): Failure {
  const what = `could not copy ${from} to ${to}`;
  if (error instanceof ConnectionLost) {
    return createFailure(
      'connection_lost',
      `the connection was lost while ${from} was copied to ${to}: ${error.message}`,
      { node, hint: 'look at the network and at the node, and run again' },
    );
  }
  if (error instanceof ToolsMissing) {
    return createFailure('runtime_missing', `${what}: there is ${error.message}`, {
      node,
      hint: `install what is missing there: ${error.tools.join(', ')}`,
    });
  }
  if (error instanceof ContentDiffers) {
    return createFailure('transfer', `${what}: ${error.message}`, {
      node,
      hint: 'run again; if it stays so, check the disk and the memory of both machines',
    });
  }
  if (error instanceof EntryRefused) {
    return createFailure('transfer', `${what}: ${error.message}`, {
      node,
      hint: 'remove it on the node, or find out who put it there',
    });
  }
  const place = error instanceof NodeError ? 'the disk of the node' : 'the disk here';
  return transferFailure(error, node, from, to, place);
}
