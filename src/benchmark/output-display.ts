import { createLineSplitter } from '../remote/lines.js';

/** What is shown of a stream in a second; more than that nobody can read, and showing it would slow the script. */
const BYTES_A_SECOND = 256 * 1024;
const WINDOW_MS = 1_000;
/** How often a progress bar is shown, which writes its line over and over. */
const REWRITE_MS = 5_000;
/** From here the last lines are taken. */
const TAIL_BYTES = 16 * 1024;

/** Shows a stream of bytes as lines while it lasts, and remembers how it ended. */
export interface OutputDisplay {
  push(chunk: Buffer): void;
  end(): void;
  /** The newest lines, oldest first. */
  lastLines(count: number): readonly string[];
}

/**
 * @param now ms from any origin.
 * @param show Gets whole lines, each with its newline.
 */
export function createOutputDisplay(
  now: () => number,
  show: (text: string) => void,
): OutputDisplay {
  let rewriteShownAt = -Infinity;
  const splitter = createLineSplitter({
    onRewrite: (text) => {
      if (now() - rewriteShownAt < REWRITE_MS) return;
      rewriteShownAt = now();
      show(`${text}\n`);
    },
  });
  let windowStart = -Infinity;
  let shownInWindow = 0;
  let leftOut = 0;
  let tail: Buffer = Buffer.alloc(0);

  const showLines = (lines: readonly string[]) => {
    if (lines.length > 0) show(lines.map((line) => `${line}\n`).join(''));
  };
  const tellLeftOut = () => {
    if (leftOut > 0) show(`… ${leftOut} bytes are not shown: the log file has them\n`);
    leftOut = 0;
  };

  return {
    push(chunk) {
      const joined = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]);
      tail = Buffer.from(joined.subarray(-TAIL_BYTES));
      if (now() - windowStart >= WINDOW_MS) {
        windowStart = now();
        shownInWindow = 0;
        tellLeftOut();
      }
      if (shownInWindow >= BYTES_A_SECOND) {
        leftOut += chunk.length;
        return;
      }
      shownInWindow += chunk.length;
      showLines(splitter.push(chunk));
    },
    end() {
      tellLeftOut();
      showLines(splitter.end());
    },
    lastLines(count) {
      const ending = createLineSplitter();
      return [...ending.push(tail), ...ending.end()].slice(-count);
    },
  };
}
