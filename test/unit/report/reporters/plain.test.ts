import { Writable } from 'node:stream';

import { beforeAll, afterAll, describe, expect, it } from 'vitest';

import { createPlainReporter, type PlainOptions } from '../../../../src/report/reporters/plain.js';
import { createStyle } from '../../../../src/report/text/style.js';
import type { StampedEvent } from '../../../../src/model/event.js';
import {
  at,
  failureRecord,
  measuredPoint,
  outcome,
  phaseFinished,
  phaseStarted,
  recordedStream,
  scenarioFinished,
  scenarioStarted,
  suiteFinished,
  suiteStarted,
} from '../samples.js';

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'UTC';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

async function render(events: readonly StampedEvent[], options?: PlainOptions): Promise<string> {
  const { stream, text } = recordedStream();
  const reporter = createPlainReporter(stream, options);
  for (const event of events) reporter.on(event);
  await reporter.close();
  return `\n${text()}`;
}

const p1 = { scenario: 'baseline', node: 'node2', service: 'p-1' };

describe('the plain reporter', () => {
  it('says how far a transfer is after half a minute, and no more often than that', async () => {
    const progress = (second: number, node: string, mebibytes: number) =>
      at(second, {
        type: 'transfer_progress',
        scenario: 'baseline',
        node,
        direction: 'from_node',
        files: 2,
        bytes: mebibytes * 1024 * 1024,
      });
    const text = await render([
      at(0, phaseStarted('baseline', 'collect')),
      progress(1, 'node1', 10),
      progress(29, 'node1', 290),
      progress(31, 'node1', 310),
      progress(32, 'node2', 20),
      progress(60, 'node1', 600),
      progress(61, 'node1', 610),
    ]);
    expect(text.match(/\w+: received.*/g)).toEqual([
      'node1: received 310 MiB, 2 files so far',
      'node2: received 20 MiB, 2 files so far',
      'node1: received 610 MiB, 2 files so far',
    ]);
  });

  it('tells a run line by line, and sums it up at the end', async () => {
    const metrics = [measuredPoint(8)];
    const text = await render([
      at(0, suiteStarted('baseline', 'sweep')),
      at(0, scenarioStarted('baseline', { total: 2 })),
      at(0, phaseStarted('baseline', 'prepare')),
      at(1, phaseFinished('baseline', 'prepare', 0.42)),
      at(1, phaseStarted('baseline', 'deploy')),
      at(1, { type: 'service_started', ...p1, attempt: 1 }),
      at(2, { type: 'service_waiting', ...p1, message: 'HTTP 503' }),
      at(3, { type: 'service_ready', ...p1, duration_s: 2.1 }),
      at(3, phaseFinished('baseline', 'deploy', 2.15)),
      at(3, phaseStarted('baseline', 'benchmark')),
      at(3, {
        type: 'script_started',
        scenario: 'baseline',
        node: 'controller',
        script: 'run_test.sh',
        timeout_s: 2400,
      }),
      at(4, {
        type: 'script_output',
        scenario: 'baseline',
        stream: 'stdout',
        text: 'one\n\u001b[31mtwo\u001b[0m\n',
      }),
      at(65, {
        type: 'script_finished',
        scenario: 'baseline',
        exit_code: 0,
        signal: null,
        duration_s: 62.3,
      }),
      at(65, phaseFinished('baseline', 'benchmark', 62.3)),
      at(65, phaseStarted('baseline', 'stop')),
      at(66, { type: 'service_stopped', ...p1, duration_s: 0.5 }),
      at(66, { type: 'warning', ...p1, message: 'took long to stop' }),
      at(68, scenarioFinished('baseline', { metrics })),
      at(68, { type: 'waiting', scenario: null, duration_s: 5, reason: 'between scenarios' }),
      at(
        73,
        scenarioFinished('sweep', {
          status: 'skipped',
          attempts: 0,
          duration_s: 0,
          reason: 'the run was stopped',
        }),
      ),
      at(
        90,
        suiteFinished(
          outcome('baseline'),
          outcome('sweep', {
            status: 'skipped',
            attempts: 0,
            duration_s: 0,
            reason: 'the run was stopped',
          }),
        ),
      ),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "
      19:04:09  run 20260601_190409: 2 scenarios on node1, node2
      19:04:09  results in /project/results/20260601_190409
      19:04:09  baseline             scenario 1 of 2: One engine, alone (2 services, about 5 min)
      19:04:10  baseline  prepare    done in 0.4 s
      19:04:10  baseline  deploy     p-1 on node2: starting
      19:04:11  baseline  deploy     p-1 on node2: not ready yet, HTTP 503
      19:04:12  baseline  deploy     p-1 on node2: ready after 2.1 s
      19:04:12  baseline  deploy     done in 2.2 s
      19:04:12  baseline  benchmark  run_test.sh runs here, for at most 40 min
      19:04:13  baseline  benchmark  │ one
      19:04:13  baseline  benchmark  │ two
      19:05:14  baseline  benchmark  script exited with status 0 after 1 min 02 s
      19:05:14  baseline  benchmark  done in 1 min 02 s
      19:05:15  baseline  stop       p-1 on node2: stopped after 0.5 s
      19:05:15  baseline  stop       warning p-1 on node2: took long to stop
      19:05:17  baseline             completed after 1 min 08 s: 1,200 tok/s, TTFT p50 45.6 ms, TPOT p50 9.87 ms
      19:05:17  waiting 5 s between scenarios
      19:05:22  sweep                skipped: the run was stopped
      19:05:39  run 20260601_190409: failed after 1 min 31 s

      ✖ Run 20260601_190409: failed after 1 min 31 s (exit code 1)

         SCENARIO  STATUS           TOOK
      ✔  baseline  completed  1 min 08 s
      ↓  sweep     skipped             –  the run was stopped

      scenario  concurrency  failed  req/s  tok/s     TTFT p50    TTFT p99    TPOT p50
                                                          (ms)        (ms)        (ms)
      baseline            8       0   8.00  1,200         45.6       1,235        9.87

      Results: /project/results/20260601_190409
      "
    `);
  });

  it('shows the culprit’s last lines and the hint with a failure', async () => {
    const text = await render([
      at(0, phaseStarted('baseline', 'ready')),
      at(0, { type: 'service_failed', ...p1, failure: failureRecord(), will_retry: true }),
      at(1, { type: 'service_started', ...p1, attempt: 2 }),
      at(2, phaseFinished('baseline', 'ready', 2, 'failed')),
      at(2, scenarioFinished('baseline', { status: 'failed', failure: failureRecord() })),
    ]);
    expect(text).toMatchInlineSnapshot(`
      "
      19:04:09  baseline  ready      FAILED p-1 on node1: exited with status 1 before it was ready (will be started again)
      19:04:09  baseline  ready        │ loading weights
      19:04:09  baseline  ready        │ CUDA error: out of memory
      19:04:09  baseline  ready        → read its log
      19:04:10  baseline  ready      p-1 on node2: starting again (attempt 2)
      19:04:11  baseline  ready      FAILED after 2 s
      19:04:11  baseline             failed after 1 min 08 s: p-1 on node1: exited with status 1 before it was ready
      "
    `);
  });

  it('says at once why a phase has failed', async () => {
    const failure = failureRecord({ service: null, message: 'the image could not be pulled' });
    const text = await render([
      at(0, phaseStarted('a', 'deploy')),
      at(11, phaseFinished('a', 'deploy', 11, 'failed', failure)),
    ]);
    expect(text).toContain('FAILED after 11 s: node1: the image could not be pulled');
  });

  it('says how a script ended that did not succeed', async () => {
    const finished = { type: 'script_finished', scenario: 'a', duration_s: 3 } as const;
    const text = await render([
      at(0, { ...finished, exit_code: 255, signal: null }),
      at(0, { ...finished, exit_code: null, signal: 'SIGKILL' }),
    ]);
    expect(text).toContain('script exited with status 255 after 3 s');
    expect(text).toContain('script was killed by SIGKILL after 3 s');
  });

  it('tells the start of phases when it is verbose', async () => {
    const events = [at(0, phaseStarted('a', 'collect'))];
    expect(await render(events)).toBe('\n');
    expect(await render(events, { isVerbose: true })).toBe('\n19:04:09  a  collect    started\n');
  });

  it('uses colours only where it is told to', async () => {
    const events = [at(0, suiteStarted('a'))];
    expect(await render(events)).not.toContain('\u001b');
    expect(await render(events, { style: createStyle({ colors: 1, isUnicode: true }) })).toContain(
      '\u001b[1m',
    );
  });

  it('can do without Unicode', async () => {
    const style = createStyle({ colors: 0, isUnicode: false });
    const text = await render(
      [
        at(0, { type: 'service_failed', ...p1, failure: failureRecord(), will_retry: false }),
        at(1, suiteFinished(outcome('a'))),
      ],
      { style },
    );
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it('leaves script output out for a slow reader, and says how much', async () => {
    const lines: string[] = [];
    const stuck: (() => void)[] = [];
    let isStuck = true;
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        if (isStuck) stuck.push(done);
        else done();
      },
    });
    const reporter = createPlainReporter(stream);
    const output = (text: string) =>
      at(0, { type: 'script_output', scenario: 'a', stream: 'stdout', text });
    reporter.on(output(`${'x'.repeat(1000)}\n`.repeat(10_000)));
    reporter.on(output('lost\nlost too\n'));
    isStuck = false;
    for (const done of stuck) done();
    await new Promise(setImmediate);
    reporter.on(output('seen\n'));
    await reporter.close();
    const text = lines.join('');
    expect(text).not.toContain('lost');
    expect(text).toMatch(/2 lines of output left out: the reader is slow\n.*│ seen\n$/);
  });
});
