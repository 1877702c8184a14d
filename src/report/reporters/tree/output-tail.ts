import { toPrintableLines } from '../../text/printable.js';

/** As many lines of output as a display may ever show. */
const CAPACITY = 12;
/** Of one text more than this is never looked at: what scrolls by unseen must cost nothing. */
const LONGEST_TEXT = 8 * 1024;

/** The newest lines of a script's output; older ones are forgotten. */
export interface OutputTail {
  /** @param text Whole lines. */
  add(text: string): void;
  /** Oldest first, without empty ones. */
  lines(): readonly string[];
}

export function createOutputTail(): OutputTail {
  let newest: readonly string[] = [];
  return {
    add(text) {
      const lines = toPrintableLines(text.slice(-LONGEST_TEXT));
      newest = [...newest, ...lines.filter((line) => line.trim() !== '')].slice(-CAPACITY);
    },
    lines: () => newest,
  };
}
