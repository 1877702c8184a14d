import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createComposeBackend } from '../../../../src/deploy/compose/backend.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';
import { makeStandInDocker } from '../../../support/stand-in-docker.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const never = new AbortController().signal;

/** A service in a container, as far as a docker is concerned that can be made to hang. */
async function containerOn() {
  const root = await makeTempFolder();
  const docker = await makeStandInDocker(path.join(root, 'bin'));
  const clock = createManualClock();
  const environment = { PATH: docker.path };
  const pool = createPool((node) => openLocal(node, { cwd: root, environment, clock }));
  onTestFinished(() => pool.closeAll());
  const backend = createComposeBackend({ pool, clock });
  const node = nodeSpec({ runtime: 'docker' });
  const running = {
    service: serviceSpec('engine'),
    deployment: {
      ...{ run: 'r1', controller: 'c0ffee', scenario: 's', node },
      ...{ workingFolder: root, stateFolder: root },
    },
    description: 'container abcdef',
  };
  const logs = await makeTempFolder();
  return { backend, clock, docker, running, logs, to: path.join(logs, 'engine.log') };
}

describe('a docker that answers', () => {
  it('gives the whole log, and its last lines', async () => {
    const { backend, running, to } = await containerOn();
    expect(await backend.saveLog(running, to, never)).toEqual({ ok: true, value: undefined });
    expect(await readFile(to, 'utf8')).toBe('line 0\nline 1\nline 2\nline 3\nline 4\n');
    expect(await backend.lastLines(running, 2)).toEqual(['line 3', 'line 4']);
  });
});

describe('a docker that hangs', () => {
  it('costs a log when nothing has come for a minute, and leaves no file of it', async () => {
    const { backend, clock, docker, running, logs, to } = await containerOn();
    await docker.hang();
    const saved = backend.saveLog(running, to, never);
    await clock.sleeping();
    await clock.advance(60_000);
    expect(await saved).toMatchObject({
      ok: false,
      failure: {
        kind: 'transfer',
        message: `could not copy the log of engine to ${to}: nothing came for 60 s`,
      },
    });
    expect(await readdir(logs)).toEqual([]);
    expect(clock.remaining).toEqual([]);
  });

  it('is not waited for once the signal has come', async () => {
    const { backend, docker, running, to } = await containerOn();
    await docker.hang();
    const stop = new AbortController();
    const saved = backend.saveLog(running, to, stop.signal);
    stop.abort();
    expect(await saved).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
  });

  it('keeps nobody waiting for the last lines of a log', async () => {
    const { backend, clock, docker, running } = await containerOn();
    await docker.hang();
    const lines = backend.lastLines(running, 5);
    await clock.sleeping();
    await clock.advance(15_000);
    expect(await lines).toEqual([]);
  });

  it('does not stop its containers: that is said when their time is up', async () => {
    const { backend, clock, docker, running } = await containerOn();
    await docker.hang();
    const stopped = backend.down(running);
    await clock.sleeping();
    await clock.advance(120_000);
    expect(await stopped).toMatchObject({
      ok: false,
      failure: {
        kind: 'left_behind',
        message: 'engine could not be removed: no answer within 120 s',
      },
    });
  });
});
