import type { Writable } from 'node:stream';

import { createPainter, type TerminalSize } from '../reporters/tree/painter.js';
import { count } from '../text/count.js';
import { createTextStream } from '../text/stream.js';
import { plainStyle, type TextOptions } from '../text/style.js';
import { truncateTo } from '../text/width.js';

/** A line at the bottom of a terminal that tells which nodes have not answered yet. */
export interface NodeProgress {
  answered(node: string): void;
  /** Takes the line away. */
  finish(): Promise<void>;
}

const SPIN_MS = 100;

/** @param what What is done, as a person reads it: `checking`. */
export function showNodeProgress(
  stream: Writable & TerminalSize,
  what: string,
  nodes: readonly string[],
  { style = plainStyle }: TextOptions = {},
): NodeProgress {
  const out = createTextStream(stream);
  const painter = createPainter(out, stream);
  const waiting = new Set(nodes);
  const { spinner, ellipsis } = style.signs;
  let turn = 0;
  const paint = () => {
    if (waiting.size === 0) return;
    const spin = spinner[turn++ % spinner.length] ?? '';
    const names = [...waiting].join(', ');
    const done = nodes.length - waiting.size;
    const line = `${style.accent(spin)} ${what} ${count(nodes.length, 'node')}, ${done} done; waiting for ${names}`;
    painter.paint([truncateTo(line, painter.size().columns - 1, ellipsis)], []);
  };
  const timer = setInterval(paint, SPIN_MS);
  paint();
  return {
    answered: (node) => void waiting.delete(node),
    async finish() {
      clearInterval(timer);
      painter.finish([]);
      await out.flush();
    },
  };
}
