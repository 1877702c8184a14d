import type { Writable } from 'node:stream';

import type { StampedEvent } from '../../model/event.js';
import type { Reporter } from '../reporter.js';
import { createTextStream } from '../text/stream.js';

/**
 * Every event as a line of JSON, the same as in `events.ndjson`. Where the reader is too slow, script output is left
 * out and a `warning` says how much; nothing else ever is. Errors of the stream are ignored after the first.
 */
export function createJsonReporter(stream: Writable): Reporter {
  const out = createTextStream(stream);
  let leftOut = 0;

  return {
    on(event) {
      if (event.type === 'script_output' && !out.hasRoom()) {
        leftOut += 1;
        return;
      }
      if (leftOut > 0) out.write(toLine(slowReaderWarning(event.at, leftOut)));
      leftOut = 0;
      out.write(toLine(event));
    },
    close: () => out.flush(),
  };
}

function slowReaderWarning(at: string, leftOut: number): StampedEvent {
  const message = `${leftOut} events with script output were left out: the reader is too slow`;
  return { at, type: 'warning', message };
}

function toLine(event: StampedEvent): string {
  return `${JSON.stringify(event)}\n`;
}
