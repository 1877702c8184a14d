import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { StampedEvent } from '../../../src/model/event.js';
import type { Reporter } from '../../../src/report/reporter.js';
import { type EventLog, openEventLog } from '../../../src/results/event-log.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { at, phaseStarted, scenarioStarted, suiteStarted } from '../report/samples.js';

async function openLog(
  outputLimit?: number,
): Promise<{ readonly log: EventLog; readonly file: string }> {
  const file = path.join(await makeTempFolder(), 'events.ndjson');
  const opened = await openEventLog(file, outputLimit === undefined ? {} : { outputLimit });
  if (!opened.ok) throw new Error(opened.failure.message);
  return { log: opened.value, file };
}

async function eventsIn(file: string): Promise<StampedEvent[]> {
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/\n$/);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StampedEvent);
}

function output(text: string, scenario = 'a'): StampedEvent {
  return at(1, { type: 'script_output', scenario, stream: 'stdout', text });
}

describe('the event log', () => {
  it('is a reporter', async () => {
    const { log } = await openLog();
    const reporter: Reporter = log;
    await reporter.close();
  });

  it('holds every event as a line, in order', async () => {
    const { log, file } = await openLog();
    const events = [
      at(0, suiteStarted('a')),
      ...Array.from({ length: 1000 }, (_, index) => output(`line ${index}\n`)),
    ];
    for (const event of events) log.on(event);
    await log.close();
    expect(await eventsIn(file)).toEqual(events);
    expect(log.failure()).toBeNull();
  });

  it('is readable while it is written', async () => {
    const { log, file } = await openLog();
    log.on(at(0, phaseStarted('a', 'deploy')));
    await expect.poll(() => readFile(file, 'utf8')).toContain('"phase":"deploy"');
    await log.close();
  });

  it('keeps the beginning of a script’s output and says where the rest is', async () => {
    const { log, file } = await openLog(100);
    for (let index = 0; index < 50; index += 1) log.on(output('0123456789012345678\n'));
    log.on(at(2, phaseStarted('a', 'collect')));
    await log.close();
    const events = await eventsIn(file);
    expect(events.map(({ type }) => type)).toEqual([
      ...Array<string>(5).fill('script_output'),
      'warning',
      'phase_started',
    ]);
    expect(JSON.stringify(events[5])).toContain('test_artifacts/test_stdout.log');
  });

  it('begins anew with each try of a scenario', async () => {
    const { log, file } = await openLog(25);
    log.on(output('0123456789012345678\n'));
    log.on(output('left out, it is too much\n'));
    log.on(at(2, scenarioStarted('a', { attempt: 2 })));
    log.on(output('again\n'));
    await log.close();
    expect((await eventsIn(file)).map(({ type }) => type)).toEqual([
      'script_output',
      'warning',
      'scenario_started',
      'script_output',
    ]);
  });

  it('counts bytes, not characters', async () => {
    const { log, file } = await openLog(10);
    log.on(output('输出输\n'));
    log.on(output('输\n'));
    await log.close();
    expect((await eventsIn(file)).map(({ type }) => type)).toEqual(['script_output', 'warning']);
  });

  it('can be closed twice, and takes nothing after that', async () => {
    const { log, file } = await openLog();
    log.on(at(0, phaseStarted('a', 'deploy')));
    await log.close();
    await log.close();
    log.on(at(1, phaseStarted('a', 'ready')));
    expect(await eventsIn(file)).toHaveLength(1);
  });

  it('says that the disk is full, and drops the rest', async () => {
    // Every write to this device fails with ENOSPC.
    const opened = await openEventLog('/dev/full');
    if (!opened.ok) throw new Error(opened.failure.message);
    const log = opened.value;
    log.on(at(0, phaseStarted('a', 'deploy')));
    log.on(at(0, phaseStarted('a', 'ready')));
    await log.close();
    expect(log.failure()).toMatchObject({
      kind: 'disk_full',
      message: 'could not write /dev/full: no space left on the device',
    });
  });

  it('that cannot be opened is a failure', async () => {
    const opened = await openEventLog(
      path.join(await makeTempFolder(), 'missing', 'events.ndjson'),
    );
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
  });
});
