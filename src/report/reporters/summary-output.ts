import type { Writable } from 'node:stream';

import type { StampedEvent } from '../../model/event.js';
import { createOverview, renderSummary, type SummaryOptions } from '../summary.js';
import { plainStyle } from '../text/style.js';
import { createTextStream, type TextStream } from '../text/stream.js';

export interface SummaryOutputOptions extends SummaryOptions {
  /** Where the summary goes, in colours only if it is a terminal. Default: where progress goes. */
  readonly summary?: Writable;
}

/** Sums a run up when it is over: the result, which may go elsewhere than the progress before it. */
export interface SummaryOutput {
  /** Takes note of an event. */
  on(event: StampedEvent): void;
  /** Writes the summary, where the run is over and it was not written yet. */
  write(): void;
  flush(): Promise<void>;
}

export function createSummaryOutput(
  progress: TextStream,
  options: SummaryOutputOptions,
): SummaryOutput {
  const { summary, style = plainStyle } = options;
  const target = summary ? createTextStream(summary) : progress;
  const isColored = summary === undefined || ('isTTY' in summary && summary.isTTY === true);
  const targetStyle = isColored ? style : { ...plainStyle, signs: style.signs };
  const overview = createOverview();
  let text: string | null = null;

  return {
    on(event) {
      overview.on(event);
      if (event.type !== 'suite_finished') return;
      text = renderSummary(overview.suite(event), { ...options, style: targetStyle });
    },
    write() {
      if (text === null) return;
      progress.write('\n');
      target.write(text);
      text = null;
    },
    flush: () => target.flush(),
  };
}
