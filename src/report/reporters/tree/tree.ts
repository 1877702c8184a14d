import type { Writable } from 'node:stream';

import type { ScenarioFinished } from '../../../model/event.js';
import type { Reporter } from '../../reporter.js';
import { describeResume } from '../../resume.js';
import { describeEvent } from '../narration.js';
import { createSummaryOutput, type SummaryOutputOptions } from '../summary-output.js';
import { plainStyle } from '../../text/style.js';
import { createTextStream } from '../../text/stream.js';
import { displayWidth, truncateTo } from '../../text/width.js';
import { renderFrame } from './frame.js';
import type { LiveRendererOptions } from './live-renderer.js';
import { createPainter, type TerminalSize } from './painter.js';
import { applyEvent, createRunView } from './run-view.js';
import {
  renderHookEnd,
  renderNodeCheck,
  renderScenarioLine,
  renderWarning,
} from './final-lines.js';
import { type SuiteList, startSuiteList } from './suite-list.js';

/** The width is that of the summary; the picture takes the terminal's own. */
export interface TreeOptions extends SummaryOutputOptions {
  /** What elapsed times are counted to, ms since the epoch. Default: the system's time. */
  readonly now?: () => number;
}

export interface TreeReporter extends Reporter {
  /**
   * Gives the terminal its cursor back at once: for a process that ends without `close`, after a second Ctrl-C or a
   * crash. Nothing is drawn any more; harmless after `close`.
   */
  restore(): void;
}

const WIDEST_NAME = 24;
const SPIN_MS = 200;

/**
 * A run as a live tree: scenarios that have ended in a line each, the running one with its phases, services and the
 * newest lines of its script, and a summary when all is over. What it keeps does not grow with the output, and what it
 * draws does not depend on how much happens. Errors of the stream are ignored after the first.
 */
export function createTreeReporter(
  stream: Writable & TerminalSize,
  options: TreeOptions = {},
): TreeReporter {
  const { style = plainStyle, now = Date.now } = options;
  const out = createTextStream(stream);
  const painter = createPainter(out, stream);
  const view = createRunView();
  const summary = createSummaryOutput(out, { width: stream.columns ?? 80, ...options });
  const defects: unknown[] = [];
  let list: SuiteList | null = null;
  let nameWidth = 0;
  let lines: string[] = [];
  let finished: Promise<void> | null = null;
  let isFinished = false;
  let closed: Promise<void> | null = null;

  const rendererOptions: LiveRendererOptions = {
    painter,
    draw({ columns, rows }) {
      const nowMs = now();
      const { spinner } = style.signs;
      const spin = spinner[Math.floor(nowMs / SPIN_MS) % spinner.length] ?? spinner[0];
      // The last column and the last line stay free: a terminal that wraps or scrolls there would shift the picture.
      const width = Math.max(1, columns - 1);
      return renderFrame(view, { style, width, height: Math.max(1, rows - 1), nowMs, spin });
    },
    takeLines() {
      const taken = lines;
      lines = [];
      return taken;
    },
    onDefect(error) {
      defects.push(error);
      painter.restore();
    },
  };
  const titleOf = (event: ScenarioFinished) =>
    truncateTo(renderScenarioLine(event, nameWidth, style), painter.size().columns - 1);

  /** Takes the picture away and sums the run up: somebody may still have to be told of it before all is closed. */
  const finish = async () => {
    list?.endAll();
    await list?.over;
    painter.finish(rendererOptions.takeLines());
    summary.write();
    isFinished = true;
  };
  const printLate = () => {
    if (isFinished && lines.length > 0) painter.finish(rendererOptions.takeLines());
  };

  const close = async () => {
    await (finished ?? finish());
    printLate();
    await out.flush();
    await summary.flush();
    if (defects.length > 0) throw defects[0];
  };

  return {
    on(event) {
      summary.on(event);
      applyEvent(view, event);
      if (event.type === 'suite_started') {
        const names = event.scenarios.map(({ name }) => name);
        nameWidth = Math.min(WIDEST_NAME, Math.max(0, ...names.map(displayWidth)));
        list = startSuiteList(names, titleOf, rendererOptions);
      }
      if (event.type === 'suite_resumed') {
        lines.push(...describeResume(event, style));
      }
      if (event.type === 'recovered') {
        lines.push(...describeEvent(event, { style }));
      }
      if (event.type === 'warning') {
        lines.push(renderWarning(event, style));
      }
      if (event.type === 'hook_finished') {
        lines.push(...renderHookEnd(event, style));
      }
      if (event.type === 'node_checked') {
        lines.push(...renderNodeCheck(event, style));
      }
      if (event.type === 'scenario_finished') list?.end(event);
      // The picture goes as soon as all is over, not only when somebody closes.
      if (event.type === 'suite_finished') finished ??= finish();
      // In the picture it would be, if there were one.
      if (event.type === 'waiting' && finished !== null) {
        lines.push(...describeEvent(event, { style }));
      }
      printLate();
    },
    close: () => (closed ??= close()),
    restore: () => painter.restore(),
  };
}
