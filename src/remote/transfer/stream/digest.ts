import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { onAbort } from '../../../async/abort.js';

/** The sha256 of a part of a file that is being read or written from its beginning to its end. */
export interface FileDigest {
  /**
   * Goes on.
   *
   * @param data What was read or written.
   * @param end Where it ends in the file.
   */
  readonly advance: (data: readonly Buffer[], end: number) => void;
  /** As hex. */
  readonly finish: () => Promise<string>;
  /** Has to be called, before the file is closed. */
  readonly dispose: () => Promise<void>;
}

/** From so many bytes on a thread of its own is worth its start of some 30 ms. */
const WORTH_A_THREAD = 32 * 1024 * 1024;

/**
 * Of a large file it is made in a thread of its own, which reads the file once more, out of the page cache: encrypting a
 * gigabyte and making its sha256 take about as long, and nothing is to be gained where one waits for the other. It is also
 * a stronger proof: what is compared is what the file holds.
 *
 * @param handle Open for reading.
 * @param start Where the part begins.
 * @param length How long it is likely to become.
 */
export function startDigest(handle: FileHandle, start: number, length: number): FileDigest {
  return length < WORTH_A_THREAD ? digestHere() : digestInThread(handle.fd, start);
}

/** The same of a part that nobody reads otherwise. */
export async function digestOfPart(
  handle: FileHandle,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const digest = startDigest(handle, start, WORTH_A_THREAD);
  const forget = onAbort(signal, () => void digest.dispose());
  try {
    digest.advance([], end);
    return await digest.finish();
  } finally {
    forget();
    await digest.dispose();
  }
}

function digestHere(): FileDigest {
  const hash = createHash('sha256');
  return {
    advance(data) {
      for (const buffer of data) hash.update(buffer);
    },
    finish: () => Promise.resolve(hash.digest('hex')),
    dispose: () => Promise.resolve(),
  };
}

/**
 * Text, as a thread needs a file of its own otherwise, whose place differs between the sources and the bundle. Gets
 * positions to go on to, and `null` at the end. A file that has become shorter gives a digest that is no longer right.
 */
const THREAD = `
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
const hash = createHash('sha256');
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
let position = workerData.start;
parentPort.on('message', (end) => {
  if (end === null) {
    parentPort.postMessage(hash.digest('hex'));
    parentPort.close();
    return;
  }
  while (position < end) {
    const wanted = Math.min(buffer.length, end - position);
    const count = readSync(workerData.descriptor, buffer, 0, wanted, position);
    if (count === 0) return;
    hash.update(buffer.subarray(0, count));
    position += count;
  }
});
`;
/** Often enough for the thread to keep up, and seldom enough for its messages to cost nothing. */
const STEP = 4 * 1024 * 1024;

function digestInThread(descriptor: number, start: number): FileDigest {
  // Without the flags of this process, which may load a compiler.
  const worker = new Worker(THREAD, {
    eval: true,
    execArgv: [],
    workerData: { descriptor, start },
  });
  const digest = new Promise<string>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread that makes the sha256 ended')));
  });
  digest.catch(() => undefined);
  let told = start;
  let known = start;
  return {
    advance(_, end) {
      known = end;
      if (end - told < STEP) return;
      worker.postMessage(end);
      told = end;
    },
    finish() {
      worker.postMessage(known);
      worker.postMessage(null);
      return digest;
    },
    async dispose() {
      await worker.terminate();
    },
  };
}
