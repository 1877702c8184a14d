import type { BenchHooks } from '../../benchmark/load/bench.js';
import { describeProgress } from '../../benchmark/load/statistics/progress-line.js';
import type { Globals } from '../globals.js';
import { note } from '../output.js';

/** On a terminal. */
const LIVE_INTERVAL_MS = 200;
/** Elsewhere: a first sign of life, then now and then. */
const FIRST_LINE_MS = 1000;
const PLAIN_INTERVAL_MS = 5000;

type OnStarted = NonNullable<BenchHooks['onLoadPointStarted']>;

export interface Display {
  readonly start: OnStarted;
  readonly warn: (message: string) => void;
  readonly stop: () => void;
}

/** Progress on standard error: one line that is written over on a terminal, a line now and then elsewhere. */
export function openDisplay({ isQuiet }: Globals): Display {
  if (isQuiet) return { start: () => undefined, warn: () => undefined, stop: () => undefined };
  const stream = process.stderr;
  let timer: NodeJS.Timeout | undefined;
  const clear = () => {
    if (stream.isTTY) stream.write('\r\u001b[2K');
  };
  const stop = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    clear();
  };
  const start: OnStarted = (setting, index, total, progress) => {
    stop();
    const name = total > 1 ? `${setting.label} (${index + 1}/${total})` : setting.label;
    const show = () => {
      const line = `${name}: ${describeProgress(progress())}`;
      if (stream.isTTY) stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`);
      else note(line);
      timer = setTimeout(show, stream.isTTY ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS);
    };
    timer = setTimeout(show, stream.isTTY ? LIVE_INTERVAL_MS : FIRST_LINE_MS);
  };
  const warn = (message: string) => {
    clear();
    note(`warning: ${message}`);
  };
  return { start, warn, stop };
}
