import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { HookFinished, StampedEvent } from '../../../../../src/model/event.js';
import { plainStyle } from '../../../../../src/report/text/style.js';
import { displayWidth } from '../../../../../src/report/text/width.js';
import { renderFrame } from '../../../../../src/report/reporters/tree/frame.js';
import { applyEvent, createRunView } from '../../../../../src/report/reporters/tree/run-view.js';
import {
  START,
  at,
  failureRecord,
  phaseFinished,
  phaseStarted,
  scenarioFinished,
  scenarioStarted,
  suiteStarted,
} from '../../samples.js';

/** The picture so many seconds after the start, on a terminal of this size. */
function frameAt(
  seconds: number,
  events: readonly StampedEvent[],
  { width = 79, height = 23 } = {},
): string[] {
  const view = createRunView();
  for (const event of events) applyEvent(view, event);
  const nowMs = START + seconds * 1000;
  return renderFrame(view, { style: plainStyle, width, height, nowMs, spin: '*' });
}

const redis = { scenario: 'a', node: 'node1', service: 'redis' };
const p1 = { scenario: 'a', node: 'node2', service: 'p-1' };

const deploying = [
  at(0, suiteStarted('a', 'b', 'c', 'd', 'e')),
  at(1, scenarioStarted('a', { index: 1, total: 5 })),
  at(1, phaseStarted('a', 'prepare')),
  at(2, phaseFinished('a', 'prepare', 0.42)),
  at(2, phaseStarted('a', 'deploy')),
  at(2, { type: 'service_started', ...redis, attempt: 1 }),
  at(3, { type: 'service_waiting', ...redis, message: 'HTTP 503' }),
] satisfies StampedEvent[];

const benchmarking = [
  ...deploying,
  at(4, { type: 'service_ready', ...redis, duration_s: 2.1 }),
  at(5, { type: 'service_ready', ...p1, duration_s: 1 }),
  at(5, phaseFinished('a', 'deploy', 3)),
  at(5, phaseStarted('a', 'ready')),
  at(5, phaseFinished('a', 'ready', 0.01)),
  at(5, phaseStarted('a', 'benchmark')),
  at(5, {
    type: 'script_started',
    scenario: 'a',
    node: 'controller',
    script: 'run_test.sh',
    timeout_s: 2400,
  }),
  at(6, {
    type: 'script_output',
    scenario: 'a',
    stream: 'stdout',
    text: '10 of 100 requests\n\u001b[32m20\u001b[0m of 100 requests\n',
  }),
] satisfies StampedEvent[];

const failing = [
  ...deploying,
  at(4, {
    type: 'service_failed',
    ...redis,
    failure: failureRecord({ service: 'redis' }),
    will_retry: false,
  }),
  at(4, phaseFinished('a', 'deploy', 2, 'failed')),
  at(4, phaseStarted('a', 'collect')),
] satisfies StampedEvent[];

function show(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

describe('the picture of a run', () => {
  it('shows the phases and what each service is or waits for', () => {
    expect(show(frameAt(5, deploying))).toMatchInlineSnapshot(`
      "
      * a  1 of 5 · 4 s of about 5 min
        ✔ prepare    0.4 s
        * deploy     3 s       0 of 2 ready
          * redis  node1  batch 1  3 s          HTTP 503
          ○ p-1    node2  batch 2               waits for redis
        ○ ready, benchmark, collect, stop, clean, verify
      ○ then b, c, d and 1 more

      5 s of about 25 min · /project/results/20260601_190409
      "
    `);
  });

  it('shows how much has been copied, of all nodes together, as long as that lasts', () => {
    const progress = (node: string, files: number) =>
      at(3, {
        type: 'transfer_progress',
        scenario: 'a',
        node,
        direction: 'to_node',
        files,
        bytes: files * 1024 * 1024,
      });
    const preparing = [...deploying.slice(0, 3), progress('node1', 5), progress('node2', 6)];
    const more = [...preparing, progress('node1', 9)];
    expect(frameAt(4, more).join('\n')).toMatch(/\* prepare .*sent 15 MiB, 15 files/);
    const collecting = [...more, at(4, phaseStarted('a', 'collect'))];
    expect(frameAt(5, collecting).join('\n')).not.toContain('sent');
  });

  it('shows the newest lines of the script, and when it would time out', () => {
    expect(show(frameAt(65, benchmarking))).toMatchInlineSnapshot(`
      "
      * a  1 of 5 · 1 min 04 s of about 5 min
        ✔ prepare    0.4 s
        ✔ deploy     3 s
        ✔ ready      10 ms
        * benchmark  1 min 00 s  run_test.sh, times out in 39 min 00 s
          │ 10 of 100 requests
          │ 20 of 100 requests
        ○ collect, stop, clean, verify
      ○ then b, c, d and 1 more

      1 min 05 s of about 25 min · /project/results/20260601_190409
      "
    `);
  });

  it('shows what is still being stopped apart from what has been', () => {
    const ready = { type: 'service_ready', duration_s: 1 } as const;
    const p1 = { scenario: 'a', node: 'node2', service: 'p-1' };
    const stopping = [
      ...deploying,
      at(4, { ...ready, ...redis }),
      at(4, { type: 'service_started', ...p1, attempt: 1 }),
      at(5, { ...ready, ...p1 }),
      at(5, phaseFinished('a', 'deploy', 3)),
      at(60, phaseStarted('a', 'stop')),
    ] satisfies StampedEvent[];
    const services = (seconds: number, events: readonly StampedEvent[]) =>
      frameAt(seconds, events)
        .filter((line) => /redis|p-1|of 2/.test(line))
        .map((line) => line.replaceAll(/ +/g, ' ').trim());
    expect(services(63, stopping)).toEqual([
      '* stop 3 s 0 of 2 stopped',
      '* redis node1 batch 1 3 s stopping',
      '* p-1 node2 batch 2 3 s stopping',
    ]);
    const stopped = [...stopping, at(64, { type: 'service_stopped', ...p1, duration_s: 4 })];
    expect(services(64, stopped)).toEqual([
      '* stop 4 s 1 of 2 stopped',
      '* redis node1 batch 1 4 s stopping',
      '✔ p-1 node2 batch 2 4 s stopped',
    ]);
  });

  it('shows why a phase has failed, also where no service has', () => {
    const failure = failureRecord({ service: null, message: 'the image could not be pulled' });
    const unpulled = [
      ...deploying,
      at(4, phaseFinished('a', 'deploy', 2, 'failed', failure)),
      at(4, phaseStarted('a', 'collect')),
    ];
    expect(frameAt(5, unpulled).join('\n')).toContain('✖ node1: the image could not be pulled');
  });

  it('shows what failed, with the culprit’s last lines and the hint, while the rest is torn down', () => {
    expect(show(frameAt(5, failing))).toMatchInlineSnapshot(`
      "
      * a  1 of 5 · 4 s of about 5 min
        ✔ prepare    0.4 s
        ✖ deploy     2 s
        * collect    1 s
        ✖ redis on node1: exited with status 1 before it was ready
          │ loading weights
          │ CUDA error: out of memory
          → read its log
        ○ stop, clean, verify
      ○ then b, c, d and 1 more

      5 s of about 25 min · /project/results/20260601_190409
      "
    `);
  });

  it('shows that a service is started again, and why', () => {
    const events = [
      ...deploying,
      at(4, { type: 'service_failed', ...redis, failure: failureRecord(), will_retry: true }),
    ] satisfies StampedEvent[];
    expect(frameAt(5, events).join('\n')).toContain('will retry: exited with status 1');
    events.push(
      at(5, {
        type: 'waiting',
        scenario: 'a',
        service: 'redis',
        duration_s: 30,
        reason: 'before start 2 of redis',
      }),
    );
    expect(frameAt(6, events).join('\n')).toContain('retry in 30 s: exited with status 1');
    events.push(at(35, { type: 'service_started', ...redis, attempt: 2 }));
    expect(frameAt(40, events).join('\n')).toMatch(/redis .* 5 s +attempt 2/);
  });

  it('shows which attempt of a scenario it is, counting from its first', () => {
    const events = [
      ...failing,
      at(6, { type: 'waiting', scenario: 'a', duration_s: 30, reason: 'before attempt 2 of 3' }),
    ] satisfies StampedEvent[];
    expect(frameAt(16, events)[0]).toBe(
      '* a  1 of 5 · 15 s of about 5 min · waiting 20 s before attempt 2 of 3',
    );
    events.push(at(36, scenarioStarted('a', { index: 1, total: 5, attempt: 2, max_attempts: 3 })));
    const frame = frameAt(40, events);
    expect(frame[0]).toBe('* a  1 of 5 · attempt 2 of 3 · 39 s of about 5 min');
    expect(frame.join('\n')).not.toContain('exited with status 1');
  });

  it('shows what it waits for between scenarios, and what comes', () => {
    const events = [
      at(0, suiteStarted('a', 'b', 'c', 'd', 'e')),
      at(1, scenarioStarted('a')),
      at(60, scenarioFinished('a')),
      at(60, { type: 'waiting', scenario: null, duration_s: 30, reason: 'between scenarios' }),
    ] satisfies StampedEvent[];
    expect(show(frameAt(70, events))).toMatchInlineSnapshot(`
      "
      * waiting 20 s between scenarios
      ○ then b, c, d and 1 more

      1 min 10 s of about 25 min · /project/results/20260601_190409
      "
    `);
  });

  it('counts hundreds of services by state, and shows those that matter', () => {
    const names = Array.from({ length: 300 }, (_, index) => `p-${index}`);
    const services = names.map((service, index) => ({
      service,
      node: 'node1',
      batch: index < 299 ? 1 : 2,
      depends_on: index < 299 ? [] : ['p-1'],
    }));
    const events: StampedEvent[] = [
      at(0, suiteStarted('a')),
      at(0, scenarioStarted('a', { services })),
      at(0, phaseStarted('a', 'ready')),
    ];
    for (const service of names.slice(0, 299)) {
      events.push(
        at(1, { type: 'service_started', scenario: 'a', node: 'node1', service, attempt: 1 }),
      );
      if (service !== 'p-1' && service !== 'p-7') {
        events.push(
          at(2, { type: 'service_ready', scenario: 'a', node: 'node1', service, duration_s: 1 }),
        );
      }
    }
    const frame = frameAt(3, events);
    expect(frame).toContain('    300 services: 297 ready, 2 starting, 1 waiting');
    expect(
      frame.filter((line) => /^ {4}\S p-\d+ /.test(line)).map((line) => line.split(/ +/)[2]),
    ).toEqual(['p-1', 'p-7', 'p-299']);
  });

  it('keeps within the terminal at any size and moment, and never leaves the screen empty', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(deploying, benchmarking, failing),
        fc.nat(20),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (events, count, width, height) => {
          const frame = frameAt(9, events.slice(0, Math.max(1, count)), { width, height });
          expect(frame.length).toBeGreaterThan(0);
          expect(frame.length).toBeLessThanOrEqual(height);
          for (const line of frame) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('keeps the message and the hint of a failure on a small terminal', () => {
    const text = frameAt(5, failing, { width: 60, height: 8 }).join('\n');
    expect(text).toContain('redis on node1: exited with status 1');
    expect(text).toContain('→ read its log');
  });

  it('costs no more with more output', () => {
    const view = createRunView();
    for (const event of benchmarking) applyEvent(view, event);
    const text = 'x'.repeat(99).concat('\n').repeat(10_000);
    const event = at(7, { type: 'script_output', scenario: 'a', stream: 'stdout', text });
    // 1 GB in all.
    for (let index = 0; index < 1000; index += 1) applyEvent(view, event);
    expect(JSON.stringify(view.current?.output.lines()).length).toBeLessThan(2000);
  });
});

describe('hooks in the picture', () => {
  const hook = (point: 'before_suite' | 'after_ready' | 'after_suite', node: string) =>
    ({ type: 'hook_started', point, hook: 'clocks.sh', node, timeout_s: 60 }) as const;
  const ended = (point: 'before_suite', node: string): HookFinished => ({
    ...{ type: 'hook_finished', point, hook: 'clocks.sh', node, status: 'ok', exit_code: 0 },
    ...{ signal: null, timed_out: false, duration_s: 3, on_error: 'warn', failure: null },
    ...{ output: [], log: '/r/x.log' },
  });

  it('are named, with how long they run, where nothing else happens', () => {
    const [title] = frameAt(14, [
      at(0, suiteStarted('a')),
      at(2, hook('before_suite', 'controller')),
    ]);
    expect(title).toBe('* looking at the nodes · before_suite hook clocks.sh (12 s)');
  });

  it('are counted where they run on several nodes, and gone when they have ended', () => {
    const events = [
      at(0, suiteStarted('a')),
      at(2, hook('before_suite', 'node1')),
      at(2, hook('before_suite', 'node2')),
    ];
    const [both] = frameAt(5, events);
    expect(both).toContain('before_suite hook clocks.sh on node1 and 1 more (3 s)');
    const [one] = frameAt(5, [...events, at(5, ended('before_suite', 'node1'))]);
    expect(one).toContain('before_suite hook clocks.sh on node2 (3 s)');
  });

  it('stand beside the scenario they belong to', () => {
    const [title] = frameAt(9, [
      ...benchmarking,
      at(8, { ...hook('after_ready', 'node1'), scenario: 'a' }),
    ]);
    expect(title).toMatch(/^\* a {2}.*· after_ready hook clocks.sh on node1 \(1 s\)$/);
  });

  it('come after the last scenario, when nothing is looked at any more', () => {
    const events = [
      at(0, suiteStarted('a')),
      at(1, scenarioStarted('a')),
      at(2, scenarioFinished('a')),
      at(3, hook('after_suite', 'controller')),
    ];
    expect(frameAt(4, events)[0]).toBe('* winding up · after_suite hook clocks.sh (1 s)');
  });
});
