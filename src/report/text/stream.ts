import type { Writable } from 'node:stream';

/** More than this waiting for a slow reader, and what may be left out is left out. */
const BACKLOG_LIMIT = 8 * 1024 * 1024;

/** Text on its way to a stream that may close early or be read slowly. */
export interface TextStream {
  /** Writes, whatever the backlog. */
  write(text: string): void;
  /** `false`: a slow reader has left much unread, and what can be left out should be. */
  hasRoom(): boolean;
  /** Resolves once everything written is out, or can never be. */
  flush(): Promise<void>;
}

/**
 * Wraps a stream so that a reader that goes away (`| head`) does no harm: after the stream's first error everything
 * is dropped in silence. Whoever reads no more has said that the rest does not matter to him, and the run has to go
 * on and clean up.
 *
 * The stream stays open: its owner ends it. The error listener stays too, since a late EPIPE would end the process.
 */
export function createTextStream(stream: Writable): TextStream {
  let isBroken = false;
  const waiting = new Set<() => void>();
  const settle = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const giveUp = () => {
    isBroken = true;
    settle();
  };
  stream.on('error', giveUp);
  stream.on('close', giveUp);

  const isUsable = () => !isBroken && !stream.destroyed && !stream.writableEnded;
  return {
    write(text) {
      if (isUsable()) stream.write(text);
    },
    hasRoom: () => stream.writableLength <= BACKLOG_LIMIT,
    flush() {
      if (!isUsable() || stream.writableLength === 0) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.add(resolve);
        stream.write('', settle);
      });
    },
  };
}
