import type { Writable } from 'node:stream';

import type {
  ScriptOutput,
  StampedEvent,
  SuiteStarted,
  TransferProgress,
} from '../../model/event.js';
import { describeEvent } from './narration.js';
import type { Reporter } from '../reporter.js';
import { createSummaryOutput, type SummaryOutputOptions } from './summary-output.js';
import { count } from '../text/count.js';
import { toPrintableLines } from '../text/printable.js';
import { createTextStream } from '../text/stream.js';
import { plainStyle } from '../text/style.js';
import { formatTimeOfDay } from '../text/time.js';
import { displayWidth, padTo } from '../text/width.js';

/** The width is that of the tables at the end; the lines of the run itself are as long as they are. */
export interface PlainOptions extends SummaryOutputOptions {
  /** Adds the start of every phase, and everything a failure tells. */
  readonly isVerbose?: boolean;
}

/** Names of scenarios longer than this do not push every other line to the right. */
const WIDEST_NAME = 24;
/** How often a line says how far the transfers of a node are. */
const TRANSFER_LINE_MS = 30_000;

/**
 * A run as lines with the time, the scenario and the phase in front: for logs, pipes and CI. Ends with a summary.
 * Where the reader is too slow, script output is left out, and a line says how much. Errors of the stream are ignored
 * after the first.
 */
export function createPlainReporter(stream: Writable, options: PlainOptions = {}): Reporter {
  const { style = plainStyle } = options;
  const out = createTextStream(stream);
  const summary = createSummaryOutput(out, options);
  let nameWidth = 0;
  let phase = '';
  let leftOut = 0;
  let phaseSinceMs = 0;
  /** By node, in this phase. */
  const transferToldMs = new Map<string, number>();

  const print = (event: StampedEvent, lines: readonly string[]) => {
    const scenario = 'scenario' in event ? (event.scenario ?? null) : null;
    const time = style.faint(formatTimeOfDay(event.at));
    const place =
      scenario === null
        ? ''
        : `${style.strong(padTo(scenario, nameWidth))}  ${style.accent(padTo(phase, 9))}  `;
    out.write(lines.map((line) => `${time}  ${place}${line}`.trimEnd() + '\n').join(''));
  };
  const isTransferDue = ({ at, node }: StampedEvent & TransferProgress): boolean => {
    const atMs = Date.parse(at);
    if (atMs - (transferToldMs.get(node) ?? phaseSinceMs) < TRANSFER_LINE_MS) return false;
    transferToldMs.set(node, atMs);
    return true;
  };
  const onOutput = (event: StampedEvent & ScriptOutput) => {
    const lines = toPrintableLines(event.text);
    if (!out.hasRoom()) {
      leftOut += lines.length;
      return;
    }
    if (leftOut > 0) {
      print(event, [
        style.faint(`${count(leftOut, 'line')} of output left out: the reader is slow`),
      ]);
      leftOut = 0;
    }
    print(
      event,
      lines.map((line) => `${style.faint(style.signs.bar)} ${line}`),
    );
  };

  return {
    on(event) {
      summary.on(event);
      if (event.type === 'script_output') {
        onOutput(event);
        return;
      }
      if (event.type === 'suite_started') nameWidth = widestName(event);
      if (event.type === 'scenario_started' || event.type === 'scenario_finished') phase = '';
      if (event.type === 'phase_started') {
        phase = event.phase;
        phaseSinceMs = Date.parse(event.at);
        transferToldMs.clear();
      }
      if (event.type === 'transfer_progress' && !isTransferDue(event)) return;
      print(event, describeEvent(event, options));
      summary.write();
    },
    async close() {
      await out.flush();
      await summary.flush();
    },
  };
}

function widestName({ scenarios }: SuiteStarted): number {
  return Math.min(WIDEST_NAME, Math.max(0, ...scenarios.map(({ name }) => displayWidth(name))));
}
