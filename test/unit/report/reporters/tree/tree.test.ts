import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StampedEvent } from '../../../../../src/model/event.js';
import { createStyle } from '../../../../../src/report/text/style.js';
import { createTreeReporter } from '../../../../../src/report/reporters/tree/tree.js';
import {
  START,
  at,
  failureRecord,
  measuredPoint,
  outcome,
  phaseStarted,
  recordedStream,
  scenarioFinished,
  scenarioStarted,
  suiteFinished,
  suiteStarted,
} from '../../samples.js';
import { Screen } from './screen.js';

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets the display draw, as time goes by. */
async function elapse(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

function startOn(screen: Screen): (...events: readonly StampedEvent[]) => void {
  const reporter = createTreeReporter(screen);
  return (...events) => {
    for (const event of events) reporter.on(event);
  };
}

describe('the live tree', () => {
  it('hides the cursor while it draws, and gives it back when it is closed', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a')));
    reporter.on(at(0, scenarioStarted('a')));
    await elapse(100);
    expect(screen.isCursorVisible).toBe(false);
    expect(screen.visible[0]).toMatch(/a {2}0 s of about 5 min$/);
    await reporter.close();
    expect(screen.isCursorVisible).toBe(true);
  });

  it('gives the cursor back at once when the process is about to end', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a')));
    await elapse(100);
    reporter.restore();
    expect(screen.isCursorVisible).toBe(true);
    const before = screen.raw;
    await elapse(1000);
    expect(screen.raw).toBe(before);
  });

  it('leaves a line of each scenario that has ended, in order, and a summary', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen);
    const names = Array.from({ length: 20 }, (_, index) => `scenario_${index + 1}`);
    reporter.on(at(0, suiteStarted(...names)));
    for (const [index, name] of names.entries()) {
      reporter.on(at(index, scenarioStarted(name, { index: index + 1, total: 20 })));
      reporter.on(at(index, phaseStarted(name, 'benchmark')));
      await elapse(500);
      reporter.on(at(index + 1, scenarioFinished(name, { metrics: [measuredPoint(8)] })));
    }
    await elapse(200);
    const lines = screen.text.split('\n');
    expect(lines.slice(0, 20).map((line) => line.split(/ +/).slice(0, 2))).toEqual(
      names.map((name) => ['✔', name]),
    );
    reporter.on(at(30, suiteFinished(...names.map((name) => outcome(name)))));
    await reporter.close();
    expect(screen.text.split('\n').slice(0, 20)).toEqual(lines.slice(0, 20));
    expect(screen.text).toContain(
      '✔ Run 20260601_190409: completed after 1 min 31 s (exit code 0)',
    );
    expect(screen.text).toMatch(/Results: \/project\/results\/20260601_190409$/);
  });

  it('sums up as soon as the run is over, and shows below what is still waited for', async () => {
    const screen = new Screen(100, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a')));
    reporter.on(at(30, scenarioFinished('a')));
    reporter.on(at(30, suiteFinished(outcome('a'))));
    await elapse(200);
    expect(screen.text).toContain('✔ Run 20260601_190409: completed');
    const reason = 'for the webhook on chat.example';
    reporter.on(at(31, { type: 'waiting', scenario: null, duration_s: 14, reason }));
    expect(screen.text).toMatch(/waiting 14 s for the webhook on chat\.example$/);
    reporter.on(at(32, { type: 'warning', message: 'interrupted by Ctrl-C' }));
    expect(screen.text).toMatch(/interrupted by Ctrl-C$/);
    await reporter.close();
    expect(screen.isCursorVisible).toBe(true);
  });

  it('sums up on another stream where it is told to, without colours unless that is a terminal', async () => {
    const screen = new Screen(80, 24);
    const { stream, text } = recordedStream();
    const style = createStyle({ colors: 1, isUnicode: true });
    const reporter = createTreeReporter(screen, { style, summary: stream });
    reporter.on(at(0, suiteStarted('a')));
    reporter.on(at(30, suiteFinished(outcome('a'))));
    await reporter.close();
    expect(text()).toMatch(/^✔ Run 20260601_190409: completed/);
    expect(screen.text).not.toContain('Run 20260601_190409');
  });

  it('tells of failed, skipped and retried scenarios in their lines', async () => {
    const screen = new Screen(100, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a', 'b', 'c')));
    reporter.on(at(1, scenarioFinished('a', { status: 'failed', failure: failureRecord() })));
    reporter.on(
      at(
        2,
        scenarioFinished('b', { status: 'skipped', reason: 'the run was stopped', attempts: 0 }),
      ),
    );
    reporter.on(at(3, scenarioFinished('c', { attempts: 2 })));
    await elapse(200);
    expect(screen.text.split('\n').slice(0, 3)).toEqual([
      '✖ a  1 min 08 s   failed: p-1 on node1: exited with status 1 before it was ready',
      '↓ b  –            skipped: the run was stopped',
      '✔ c  1 min 08 s   completed (attempt 2)',
    ]);
    await reporter.close();
  });

  it('keeps warnings above the picture', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, { type: 'warning', message: 'host keys are not checked' }));
    reporter.on(at(0, suiteStarted('a')));
    await elapse(200);
    reporter.on(
      at(1, {
        type: 'warning',
        scenario: 'a',
        node: 'node1',
        service: 'p-1',
        message: 'unhealthy',
      }),
    );
    await elapse(200);
    expect(screen.visible.slice(0, 2)).toEqual([
      '⚠ host keys are not checked',
      '⚠ a: p-1 on node1: unhealthy',
    ]);
    await reporter.close();
  });

  it('draws at most ten times a second, however much happens', async () => {
    const screen = new Screen(80, 24);
    const emit = startOn(screen);
    emit(
      at(0, suiteStarted('a')),
      at(0, scenarioStarted('a')),
      at(0, phaseStarted('a', 'benchmark')),
    );
    const before = screen.writes;
    for (let tick = 0; tick < 1000; tick += 1) {
      emit(
        at(0, { type: 'script_output', scenario: 'a', stream: 'stdout', text: `line ${tick}\n` }),
      );
      await elapse(1);
    }
    expect(screen.writes - before).toBeGreaterThan(5);
    expect(screen.writes - before).toBeLessThanOrEqual(11);
    expect(screen.text).toContain('line 9');
  });

  it('draws nothing where nothing changes but the picture is the same', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen, { now: () => START });
    reporter.on(at(0, suiteStarted('a')));
    await elapse(100);
    const before = screen.writes;
    await elapse(2000);
    expect(screen.writes).toBe(before);
    await reporter.close();
  });

  it('leaves nothing behind of pictures that were larger', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a', 'b')));
    reporter.on(at(0, scenarioStarted('a')));
    reporter.on(at(0, phaseStarted('a', 'benchmark')));
    const text = Array.from({ length: 12 }, (_, index) => `output ${index}\n`).join('');
    reporter.on(at(0, { type: 'script_output', scenario: 'a', stream: 'stdout', text }));
    await elapse(200);
    expect(screen.text).toContain('output 11');
    reporter.on(at(1, scenarioFinished('a')));
    await elapse(200);
    expect(screen.text).not.toContain('output');
    await reporter.close();
  });

  it('follows the size of the terminal', async () => {
    const screen = new Screen(120, 40);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a')));
    reporter.on(at(0, scenarioStarted('a')));
    reporter.on(at(0, phaseStarted('a', 'deploy')));
    await elapse(200);
    screen.columns = 30;
    screen.rows = 6;
    await elapse(200);
    const shown = screen.raw.split('\u001b[J').at(-2) ?? '';
    // eslint-disable-next-line no-control-regex
    const lines = shown.replace(/\u001b\[\??\d*[A-Za-z]|\r/g, '').split('\n');
    expect(lines.length).toBeLessThanOrEqual(5);
    for (const line of lines) expect(line.length).toBeLessThan(30);
    await reporter.close();
  });

  it('survives a terminal that goes away', async () => {
    const screen = new Screen(80, 24);
    const reporter = createTreeReporter(screen);
    reporter.on(at(0, suiteStarted('a')));
    await elapse(100);
    screen.destroy(Object.assign(new Error('write EIO'), { code: 'EIO' }));
    await elapse(300);
    reporter.on(at(1, scenarioFinished('a')));
    reporter.on(at(2, suiteFinished(outcome('a'))));
    await reporter.close();
  });

  it('tells of a bug in the drawing when it is closed, with the cursor given back', async () => {
    const screen = new Screen(80, 24);
    let isBroken = false;
    const reporter = createTreeReporter(screen, {
      now: () => {
        if (isBroken) throw new Error('bug');
        return START;
      },
    });
    reporter.on(at(0, suiteStarted('a')));
    await elapse(100);
    isBroken = true;
    await elapse(200);
    expect(screen.isCursorVisible).toBe(true);
    await expect(reporter.close()).rejects.toThrow('bug');
  });

  it('listens to no signal', async () => {
    const before = process.listenerCount('SIGINT');
    const reporter = createTreeReporter(new Screen(80, 24));
    reporter.on(at(0, suiteStarted('a')));
    await elapse(200);
    expect(process.listenerCount('SIGINT')).toBe(before);
    await reporter.close();
  });
});
