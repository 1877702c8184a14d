import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Clock, systemClock } from '../../../../src/async/clock.js';
import { createProcessBackend } from '../../../../src/deploy/process/backend.js';
import type { RunEvent } from '../../../../src/model/event.js';
import { createFailure, type Failure } from '../../../../src/model/failure.js';
import type { Readiness } from '../../../../src/model/service.js';
import { planSuite } from '../../../../src/plan/suite-plan.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { reserveStaging } from '../../../../src/remote/transfer/stream/download/local-staging.js';
import type { Attempt } from '../../../../src/run/scenario/attempt.js';
import { verify } from '../../../../src/run/scenario/phases/verify.js';
import { controllerToken } from '../../../../src/run/controller.js';
import { nameNode } from '../../../../src/run/journal/holding.js';
import { openJournal } from '../../../../src/run/journal/open-journal.js';
import { placeOn } from '../../../../src/run/place.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { isAlive } from '../../../support/project-folder.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

interface World {
  readonly clock?: Clock;
  readonly nodes?: readonly string[];
  /** What becomes of a dial to a node; default: this machine. */
  readonly dial?: (node: string) => Failure | 'hangs' | null;
  readonly readiness?: Readiness;
}

/** An attempt on this machine that has come as far as `verify`. */
async function attemptOn({ clock = systemClock, nodes = ['node1'], dial, readiness }: World = {}) {
  const root = await makeTempFolder();
  const run = `20260601_190409-${process.pid}`;
  const services = nodes.map((node, index) =>
    serviceSpec(`engine${index}`, [], { node, ...(readiness ? { readiness } : {}) }),
  );
  const project = projectSpec({
    nodes: nodes.map((name) => nodeSpec({ name, transport: 'local' })),
    scenarios: [scenarioSpec({ services })],
  });
  const { plan } = planSuite(project, { scenarios: [], tags: [], skipTags: [] });
  const asked: string[] = [];
  const pool = createPool(async (node) => {
    const fate = dial?.(node.name) ?? null;
    if (fate !== null && fate !== 'hangs') return { ok: false, failure: fate };
    const opened = await openLocal(node, { cwd: root });
    if (!opened.ok) return opened;
    const exec: typeof opened.value.exec = (...args) => {
      asked.push(node.name);
      return fate === 'hangs' ? new Promise(() => undefined) : opened.value.exec(...args);
    };
    return { ok: true, value: { ...opened.value, exec } };
  });
  onTestFinished(() => pool.closeAll());
  const events: RunEvent[] = [];
  const opened = await openJournal({
    ...{ root, controller: controllerToken(root), machines: [], mask: String },
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  const journal = await opened.value.begin({ run, at: 0, nodes: project.nodes.map(nameNode) });
  if (!journal.ok) throw new Error(journal.failure.message);
  onTestFinished(() => opened.value.close());
  const struck: string[] = [];
  const places = new Map(
    project.nodes.map((node) => [node.name, placeOn(node, '/home/x', root, run, 'test')]),
  );
  const attempt = {
    context: {
      ...{ pool, clock, run, root, before: new Map(), dirty: new Map(), kept: new Map() },
      backends: { process: createProcessBackend({ pool }) },
      journal: journal.value,
      emit: (event: RunEvent) => events.push(event),
    },
    plan: plan.scenarios[0],
    places,
    resultFolder: path.join(root, 'results'),
    strikes: new Map(nodes.map((node) => [node, [() => struck.push(node)]])),
    ...{ services: new Map(), setbacks: [], uncollected: new Set(), hasScriptRun: false },
  } as unknown as Attempt;
  const place = places.get('node1');
  if (!place) throw new Error('no place');
  const warnings = () =>
    events.flatMap((event) =>
      event.type === 'warning' ? [`${event.node}: ${event.message}`] : [],
    );
  return { attempt, asked, warnings, struck, place };
}

/** Somebody in a session of his own, who belongs to a run where that is given. */
function escaped(attempt: Attempt | null): ChildProcess & { readonly pid: number } {
  const { run, root } = attempt?.context ?? { run: 'another', root: '/elsewhere' };
  const marks = { PLAYBOOK_RUN: run, PLAYBOOK_CONTROLLER: controllerToken(root) };
  const child = spawn('sleep', ['60'], {
    ...{ detached: true, stdio: 'ignore' },
    env: { PATH: process.env['PATH'], ...marks },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { readonly pid: number };
}

describe('a machine after a scenario', () => {
  it('is asked once where nothing is left, and struck off', async () => {
    const { attempt, asked, struck, warnings } = await attemptOn({ nodes: ['node1', 'node2'] });
    expect(await verify(attempt)).toEqual([]);
    expect([...asked].sort()).toEqual(['node1', 'node2']);
    expect([...struck].sort()).toEqual(['node1', 'node2']);
    expect(warnings()).toEqual([]);
    expect(attempt.context.dirty.size).toBe(0);
  });

  it('is cleaned by force of processes that escaped, and nobody else’s are touched', async () => {
    const { attempt, struck, warnings } = await attemptOn();
    const ours = escaped(attempt);
    const stranger = escaped(null);
    expect(await verify(attempt)).toEqual([]);
    expect(isAlive(ours.pid)).toBe(false);
    expect(isAlive(stranger.pid)).toBe(true);
    expect(warnings()).toEqual([
      `node1: was still there and is removed by force: process ${ours.pid} (sleep 60)`,
    ]);
    expect(struck).toEqual(['node1']);
  });

  it('is cleaned of what an upload left beside the working folder', async () => {
    const { attempt, place, warnings } = await attemptOn();
    const staging = path.join(place.runFolder, '.test.host.4711.part');
    await mkdir(staging, { recursive: true });
    await writeFile(path.join(staging, 'half'), 'x');
    expect(await verify(attempt)).toEqual([]);
    expect(existsSync(place.runFolder)).toBe(false);
    expect(warnings()).toEqual([
      `node1: was still there and is removed by force: folder ${place.runFolder}`,
    ]);
  });

  it('keeps results that could not be brought home, and nothing else', async () => {
    const { attempt, place, struck } = await attemptOn();
    await mkdir(place.workingFolder, { recursive: true });
    await mkdir(place.stateFolder, { recursive: true });
    attempt.uncollected.add('node1');
    attempt.context.kept.set('node1', [place.workingFolder, place.resultFolder]);
    expect(await verify(attempt)).toEqual([]);
    expect(existsSync(place.workingFolder)).toBe(true);
    expect(existsSync(place.stateFolder)).toBe(false);
    expect(struck).toEqual(['node1']);
  });

  it('is rid of incomplete copies of ours among the results, and of nobody else’s', async () => {
    const { attempt } = await attemptOn();
    const artifacts = path.join(attempt.resultFolder, 'test_artifacts');
    await mkdir(artifacts, { recursive: true });
    const ours = await reserveStaging(artifacts, 'trace.bin', Math.random);
    await writeFile(ours, 'half');
    const theirs = path.join(artifacts, 'download.part');
    await writeFile(theirs, 'whole');
    expect(await verify(attempt)).toEqual([]);
    expect([existsSync(ours), existsSync(theirs)]).toEqual([false, true]);
  });

  it('makes up for a service that could not be stopped: that is no failure any more', async () => {
    const { attempt, warnings } = await attemptOn();
    attempt.setbacks.push(
      createFailure('left_behind', 'process group 4711: could not be stopped', { node: 'node1' }),
    );
    expect(await verify(attempt)).toEqual([]);
    expect(warnings()).toEqual(['node1: is clean all the same']);
  });
});

describe('a port of a service', () => {
  const listening = async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const port = address.port;
    const timing = { timeoutMs: 1_000, intervalMs: 1_000, consecutivePasses: 1 };
    const readiness = { type: 'tcp', host: '127.0.0.1', port, ...timing } as const;
    return { port, readiness, word: `tcp:${port.toString(16).toUpperCase().padStart(4, '0')}` };
  };
  const before = (attempt: Attempt, ports: readonly string[]) =>
    attempt.context.before.set('node1', {
      foreign: { at: '', gpu_processes: [], gpu_memory: [], load: null },
      boundPorts: new Set(ports),
    });
  const start = (attempt: Attempt) => {
    const [service] = attempt.plan.scenario.services;
    if (service) attempt.services.set(service.id, { service, running: {} } as never);
  };

  it('that is still taken is left behind, told with who has it, and nobody is killed on suspicion', async () => {
    const { port, readiness } = await listening();
    const { attempt, struck } = await attemptOn({ readiness });
    before(attempt, []);
    start(attempt);
    const failures = await verify(attempt);
    expect(failures).toMatchObject([{ kind: 'left_behind', node: 'node1' }]);
    expect(failures[0]?.message).toMatch(
      new RegExp(
        `^still there after the scenario: port ${port}/tcp of engine0, by .*process ${process.pid}`,
      ),
    );
    expect(failures[0]?.hint).toContain('end that process there');
    expect(struck).toEqual([]);
    expect([...attempt.context.dirty.keys()]).toEqual(['node1']);
    // Whoever cleans up later has to ask for it, and needs it once for that.
    await attempt.context.dirty.get('node1')?.lookAgain();
    const held = attempt.context.journal.list().filter(({ kind }) => kind === 'port');
    expect(held).toMatchObject([{ node: 'node1', ports: [{ protocol: 'tcp', port }] }]);
  });

  it('is free again later: the machine is clean then', async () => {
    const { readiness } = await listening();
    const { attempt, struck } = await attemptOn({ readiness });
    before(attempt, []);
    start(attempt);
    await verify(attempt);
    attempt.services.clear();
    expect(await attempt.context.dirty.get('node1')?.lookAgain()).toBeNull();
    expect(struck).toEqual(['node1']);
    expect(attempt.context.journal.list()).toEqual([]);
  });

  it('that somebody had before is none of ours', async () => {
    const { readiness, word } = await listening();
    const { attempt } = await attemptOn({ readiness });
    before(attempt, [word]);
    start(attempt);
    expect(await verify(attempt)).toEqual([]);
  });

  it('of a service that never ran is none of ours, whoever has it', async () => {
    const { readiness } = await listening();
    const { attempt } = await attemptOn({ readiness });
    before(attempt, []);
    expect(await verify(attempt)).toEqual([]);
  });
});

describe('a machine that cannot be asked', () => {
  it('12: is reported after it was dialled again, and the others are verified all the same', async () => {
    const unreachable = createFailure('unreachable', 'refused', { node: 'node2' });
    const pauses: number[] = [];
    const clock: Clock = {
      ...systemClock,
      // The pauses between dials; the time for the whole of it is longer.
      async sleep(ms, signal) {
        if (ms > 60_000) return systemClock.sleep(ms, signal);
        pauses.push(ms);
      },
    };
    const { attempt, struck } = await attemptOn({
      ...{ clock, nodes: ['node1', 'node2'] },
      dial: (node) => (node === 'node2' ? unreachable : null),
    });
    const ours = escaped(attempt);
    expect(await verify(attempt)).toMatchObject([
      { kind: 'left_behind', node: 'node2', cause: { kind: 'unreachable' } },
    ]);
    expect(isAlive(ours.pid)).toBe(false);
    expect(struck).toEqual(['node1']);
    expect(pauses).toHaveLength(2);
  });

  it('is given up after a time of its own where it says nothing', async () => {
    const clock = createManualClock();
    const { attempt, struck } = await attemptOn({
      ...{ clock, nodes: ['node1', 'node2'] },
      dial: (node) => (node === 'node2' ? 'hangs' : null),
    });
    const verified = verify(attempt);
    await expect.poll(() => struck).toEqual(['node1']);
    await clock.advance(10 * 60_000);
    expect(await verified).toMatchObject([
      { kind: 'left_behind', node: 'node2', message: 'not proven clean within 10 min' },
    ]);
    expect(clock.remaining).toEqual([]);
  });
});
