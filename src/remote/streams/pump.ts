import type { Readable, Writable } from 'node:stream';

import { createDeferred } from '../../async/deferred.js';
import { TailBuffer } from './tail-buffer.js';

/** Moves one stream of a program to where it is wanted. */
export interface Pump {
  /** Resolves when the stream has ended and every byte was handed on. */
  readonly finished: Promise<void>;
  /** Bytes handed on so far. */
  readonly passed: () => number;
  /** The sink is full: it is not the program that keeps silent. */
  readonly isBlocked: () => boolean;
  /** Stops waiting for more: it is finished, whatever the stream says of itself. */
  readonly abandon: () => void;
  /** What was captured. Empty where a sink took the bytes. */
  readonly captured: () => Buffer;
}

/**
 * @param sink Gets the bytes with back pressure. One that is destroyed or ended early no longer gets any, and the
 *   program goes on: its owner knows why.
 */
export function startPump(source: Readable, sink: Writable | undefined, limit: number): Pump {
  const tail = new TailBuffer(limit);
  let passed = 0;
  let isBlocked = false;

  const resume = () => {
    isBlocked = false;
    source.resume();
  };
  const onData = (chunk: Buffer) => {
    passed += chunk.length;
    if (!sink) {
      tail.push(chunk);
    } else if (!sink.destroyed && !sink.writableEnded && !sink.write(chunk)) {
      isBlocked = true;
      source.pause();
    }
  };
  const finished = createDeferred<undefined>();
  const finish = () => {
    source.off('data', onData);
    sink?.off('drain', resume);
    sink?.off('close', resume);
    finished.resolve(undefined);
  };
  source.once('end', finish);
  source.once('close', finish);
  // The other end of a pipe cannot fail; a terminal that went away is its end.
  source.on('error', finish);
  sink?.on('drain', resume);
  sink?.on('close', resume);
  source.on('data', onData);

  return {
    finished: finished.promise,
    passed: () => passed,
    isBlocked: () => isBlocked,
    abandon() {
      finish();
      // The channel of a connection says that it is closed only to somebody who reads it to the end.
      source.resume();
      source.destroy();
    },
    captured: () => (sink ? Buffer.alloc(0) : tail.content()),
  };
}
