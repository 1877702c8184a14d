import type { Style } from '../../text/style.js';
import { truncateTo } from '../../text/width.js';

/** What one picture is drawn with. */
export interface Canvas {
  readonly style: Style;
  /** Columns that may be used. */
  readonly width: number;
  /** Lines that may be used. */
  readonly height: number;
  readonly nowMs: number;
  /** The spinner as it stands at this moment. */
  readonly spin: string;
}

/** One line of the picture, cut to what fits. */
export function fitLine(text: string, { width, style }: Canvas): string {
  return truncateTo(text.trimEnd(), width, style.signs.ellipsis);
}
