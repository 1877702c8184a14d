import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createJsonReporter } from '../../../../src/report/reporters/json.js';
import { at, phaseStarted, recordedStream } from '../samples.js';

describe('the JSON reporter', () => {
  it('writes each event as a line of its own', async () => {
    const { stream, text } = recordedStream();
    const reporter = createJsonReporter(stream);
    const events = [
      at(0, phaseStarted('a', 'deploy')),
      at(1, { type: 'warning', message: 'two\nlines' }),
    ];
    for (const event of events) reporter.on(event);
    await reporter.close();
    const lines = text().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
    expect(lines[0]).toMatch(/^\{"at":"2026-06-01T19:04:09\.000Z","type":"phase_started"/);
  });

  it('leaves out only script output for a slow reader, and says how much', () => {
    const lines: string[] = [];
    let isStuck = true;
    const stuck: (() => void)[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        if (isStuck) stuck.push(done);
        else done();
      },
    });
    const reporter = createJsonReporter(stream);
    const output = (size: number) =>
      at(0, { type: 'script_output', scenario: 'a', stream: 'stdout', text: 'x'.repeat(size) });
    reporter.on(output(9 * 1024 * 1024));
    reporter.on(output(10));
    reporter.on(output(10));
    reporter.on(at(2, phaseStarted('a', 'collect')));
    isStuck = false;
    for (const done of stuck) done();
    const kept = lines.map((line) => JSON.parse(line) as { type: string; message?: string });
    expect(kept.map(({ type }) => type)).toEqual(['script_output', 'warning', 'phase_started']);
    expect(kept[1]?.message).toBe(
      '2 events with script output were left out: the reader is too slow',
    );
  });
});
