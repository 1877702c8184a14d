import type { TextStream } from '../../text/stream.js';
import { displayWidth } from '../../text/width.js';

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

  // A terminal that nobody has given a size yet has 0 of each.
  const orUsual = (given = 0, usual: number) => (given > 0 ? given : usual);
  const size = () => ({ columns: orUsual(terminal.columns, 80), rows: orUsual(terminal.rows, 24) });
  /** How many rows the picture takes; a terminal that has become narrower has wrapped its lines. */
  const shownRows = () => {
    const { columns } = size();
    return shown.reduce(
      (rows, line) => rows + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
  };
  /** For good, over what the picture has left there. */
  const printed = (lines: readonly string[]) => {
    const { columns } = size();
    return lines.map((line) => {
      // Behind a line that ends at the edge there is nothing to clear, and its last character would go.
      const isFull = displayWidth(line) > 0 && displayWidth(line) % columns === 0;
      return `${CLEAR_REST_OF_LINE}${line}${isFull ? '' : CLEAR_REST_OF_LINE}\n`;
    });
  };

  return {
    size,
    paint(picture, lines) {
      const isSame =
        lines.length === 0 &&
        picture.length === shown.length &&
        picture.every((line, index) => line === shown[index]);
      if (isRestored || isSame) return;
      const parts = [
        isCursorHidden ? '' : HIDE_CURSOR,
        up(shownRows() - 1),
        ...printed(lines),
        picture.map((line) => line + CLEAR_REST_OF_LINE).join('\n'),
        CLEAR_BELOW,
      ];
      // One write, or the picture would flicker.
      out.write(parts.join(''));
      isCursorHidden = true;
      shown = picture;
    },
    finish(lines) {
      if (shown.length === 0 && lines.length === 0 && !isCursorHidden) return;
      const rows = shownRows();
      const left = Math.max(0, rows - lines.length);
      const parts = [
        up(rows - 1),
        ...printed(lines),
        // Row by row: some terminals keep a screen that is cleared at once among what has scrolled away.
        Array<string>(left).fill(CLEAR_REST_OF_LINE).join('\n'),
        up(left - 1),
        isCursorHidden ? SHOW_CURSOR : '',
      ];
      out.write(parts.join(''));
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

/** To the beginning of a line so many rows above. */
function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A\r` : '\r';
}
