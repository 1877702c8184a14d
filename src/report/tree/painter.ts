import type { TextStream } from '../text/stream.js';
import { displayWidth } from '../text/width.js';

/** How large a terminal is at the moment; what is not a terminal does not say. */
export interface TerminalSize {
  readonly columns?: number;
  readonly rows?: number;
}

/** Keeps a picture at the bottom of a terminal, below the lines that stay. */
export interface Painter {
  size(): { readonly columns: number; readonly rows: number };
  /** Prints lines for good, then the picture in place of the one before. */
  paint(picture: readonly string[], lines: readonly string[]): void;
  /** Prints lines for good, takes the picture away and gives the cursor back. */
  finish(lines: readonly string[]): void;
  /** Gives the cursor back at once and leaves the picture as it is, for good: nothing is drawn any more. */
  restore(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_REST_OF_LINE = '\u001b[K';

/** @param out Writes to the terminal. */
export function createPainter(out: TextStream, terminal: TerminalSize): Painter {
  let shown: readonly string[] = [];
  let isCursorHidden = false;
  let isRestored = false;

  const size = () => ({ columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 });
  /** Back to where the picture begins. Lines that a narrower terminal has wrapped count as the rows they take now. */
  const toTop = () => {
    const { columns } = size();
    const rows = shown.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return rows > 1 ? `\u001b[${rows - 1}A\r` : '\r';
  };
  const erase = () => (shown.length === 0 ? '' : toTop() + CLEAR_BELOW);

  return {
    size,
    paint(picture, lines) {
      if (isRestored) return;
      const isSame =
        lines.length === 0 &&
        picture.length === shown.length &&
        picture.every((line, index) => line === shown[index]);
      if (isSame) return;
      const hide = isCursorHidden ? '' : HIDE_CURSOR;
      const above = lines.length === 0 ? '' : erase() + lines.map((line) => `${line}\n`).join('');
      const back = lines.length === 0 && shown.length > 0 ? toTop() : '';
      const body = picture.map((line) => line + CLEAR_REST_OF_LINE).join('\n');
      // One write, or the picture would flicker.
      out.write(hide + above + back + body + CLEAR_BELOW);
      isCursorHidden = true;
      shown = picture;
    },
    finish(lines) {
      const text = lines.map((line) => `${line}\n`).join('');
      out.write(erase() + text + (isCursorHidden ? SHOW_CURSOR : ''));
      isCursorHidden = false;
      shown = [];
    },
    restore() {
      isRestored = true;
      if (isCursorHidden) out.write(`\n${SHOW_CURSOR}`);
      isCursorHidden = false;
      shown = [];
    },
  };
}
