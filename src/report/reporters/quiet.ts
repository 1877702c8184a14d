import type { Writable } from 'node:stream';

import type { Reporter } from '../reporter.js';
import { type SummaryOptions, createOverview, renderSummary } from '../summary.js';
import { createTextStream } from '../text/stream.js';

/** Nothing where all went well, the summary where it did not: for cron, which mails whatever is printed. */
export function createQuietReporter(stream: Writable, options: SummaryOptions = {}): Reporter {
  const out = createTextStream(stream);
  const overview = createOverview();
  return {
    on(event) {
      overview.on(event);
      if (event.type === 'suite_finished' && event.exit_code !== 0) {
        out.write(renderSummary(overview.suite(event), options));
      }
    },
    close: () => out.flush(),
  };
}
