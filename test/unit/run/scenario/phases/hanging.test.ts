import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createProcessBackend } from '../../../../../src/deploy/process/backend.js';
import type { RunEvent } from '../../../../../src/model/event.js';
import { createFailure } from '../../../../../src/model/failure.js';
import { planSuite } from '../../../../../src/plan/suite-plan.js';
import { openLocal } from '../../../../../src/remote/local/connection.js';
import { createPool } from '../../../../../src/remote/pool/pool.js';
import { placeOn } from '../../../../../src/run/place.js';
import type { Attempt } from '../../../../../src/run/scenario/attempt.js';
import { removeFolders } from '../../../../../src/run/scenario/phases/clean.js';
import { collect } from '../../../../../src/run/scenario/phases/collect.js';
import { runFinalPhase } from '../../../../../src/run/scenario/phases/phase.js';
import { createManualClock } from '../../../../support/manual-clock.js';
import { nodeSpec, projectSpec, scenarioSpec } from '../../../../support/specs.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';

/** An attempt on this machine whose script has run, where every copy is stuck. */
async function attemptOn() {
  const root = await makeTempFolder();
  const bin = path.join(root, 'bin');
  await mkdir(bin);
  const clock = createManualClock();
  let copies = 0;
  const environment = { PATH: `${bin}:/usr/bin:/bin` };
  const pool = createPool(async (node) => {
    const opened = await openLocal(node, { cwd: root, environment, clock });
    if (!opened.ok) return opened;
    // Also where it is told to end.
    const download = () => {
      copies += 1;
      return new Promise<never>(() => undefined);
    };
    return { ok: true, value: { ...opened.value, download } };
  });
  onTestFinished(() => pool.closeAll());
  const node = nodeSpec({ transport: 'local' });
  const project = projectSpec({ nodes: [node], scenarios: [scenarioSpec()] });
  const { plan } = planSuite(project, { scenarios: [], tags: [], skipTags: [] });
  const place = placeOn(node, '/home/x', root, 'r1', 'test');
  const resultFolder = path.join(root, 'results', 'test');
  await mkdir(path.join(resultFolder, 'test_artifacts'), { recursive: true });
  await mkdir(place.workingFolder, { recursive: true });
  await mkdir(place.resultFolder, { recursive: true });
  await writeFile(path.join(place.resultFolder, 'numbers.json'), '{}');
  const events: RunEvent[] = [];
  const [scenario] = plan.scenarios;
  if (!scenario) throw new Error('no scenario');
  const attempt = {
    context: {
      ...{ pool, clock, run: 'r1', root, kept: new Map(), secrets: [] },
      backends: { process: createProcessBackend({ pool, clock }) },
      journal: { keep: () => Promise.resolve({ ok: true }) },
      leases: { tell: () => Promise.resolve(true), holds: () => true },
      emit: (event: RunEvent) => events.push(event),
    },
    plan: scenario,
    strikes: new Map(),
    places: new Map([[scenario.scenario.testExecution.node, { ...place, node }]]),
    resultFolder,
    ...{ services: new Map(), uncollected: new Set(), hasScriptRun: true },
    ...{ failures: [], phaseTimes: [], signal: new AbortController().signal },
  } as unknown as Attempt;
  const warnings = () =>
    events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { attempt, bin, clock, copies: () => copies, warnings };
}

describe('a file system that hangs', () => {
  it('costs the results when nothing has come for five minutes; they are kept, and the first cause stays', async () => {
    const { attempt, clock, copies, warnings } = await attemptOn();
    const cause = createFailure('script_failed', 'the script exited with status 1');
    attempt.failures.push(cause);
    const collected = runFinalPhase(attempt, 'collect', () => collect(attempt));
    await expect.poll(copies).toBe(1);
    await clock.advance(5 * 60_000);
    await clock.sleeping(2);
    await clock.advance(30_000);
    await collected;
    const message = 'not all results could be collected: nothing came for 5 min';
    expect(attempt.failures).toMatchObject([cause, { kind: 'transfer', message }]);
    expect(warnings()).toEqual([message]);
    expect(attempt.uncollected.size).toBe(1);
    expect(clock.remaining).toEqual([]);
  });

  it('keeps a folder from being removed: after five minutes the others are cleaned, and it is said', async () => {
    const { attempt, bin, clock } = await attemptOn();
    await writeFile(path.join(bin, 'rm'), '#!/bin/sh\nexec sleep 600\n');
    await chmod(path.join(bin, 'rm'), 0o755);
    const removed = removeFolders(attempt);
    await clock.sleeping();
    await clock.advance(5 * 60_000);
    const [failure] = await removed;
    expect(failure).toMatchObject({ kind: 'left_behind' });
    expect(failure?.message).toMatch(/ could not be removed: no answer within 5 min$/);
  });
});
