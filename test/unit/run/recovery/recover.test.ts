import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createFailure, type FailureKind } from '../../../../src/model/failure.js';
import { CONTROLLER, type NodeSpec } from '../../../../src/model/node.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { type ConnectionPool, createPool } from '../../../../src/remote/pool/pool.js';
import { type Holding, type KeptResults, nameNode } from '../../../../src/run/journal/holding.js';
import { openJournal } from '../../../../src/run/journal/open-journal.js';
import { journalFile } from '../../../../src/run/journal/read-journal.js';
import { decodeRecord, encodeRecord } from '../../../../src/run/journal/record.js';
import { acquireLease, breakLease, releaseLease } from '../../../../src/run/lease/lease.js';
import { controllerToken } from '../../../../src/run/controller.js';
import { recoverEarlier } from '../../../../src/run/recovery/recover.js';
import { systemClock } from '../../../../src/async/clock.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const RUN = '20260601_190411';
const controller = nodeSpec({ name: CONTROLLER });

/** A journal that a run has left which held something on each of some nodes. */
async function journalOf(
  root: string,
  nodes: readonly NodeSpec[],
  holdings: readonly Holding[],
  kept: readonly KeptResults[] = [],
  token = controllerToken(root),
) {
  const options = {
    root,
    controller: token,
    machines: [],
    mask: (text: string) => text,
  };
  const died = await openJournal(options);
  if (!died.ok) throw new Error(died.failure.message);
  const begun = await died.value.begin({ run: RUN, at: 0, nodes: nodes.map(nameNode) });
  if (!begun.ok) throw new Error(begun.failure.message);
  for (const holding of holdings) await begun.value.enter(holding);
  for (const results of kept) await begun.value.keep(results);
  await begun.value.close();
  const opened = await openJournal(options);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

function folderOn(node: string): Holding {
  return { node, kind: 'folder', scenario: 'test', description: 'working folder' };
}

function failingPool(kind: FailureKind): { readonly pool: ConnectionPool; dials: number } {
  const counted = {
    dials: 0,
    pool: createPool((node) => {
      counted.dials += 1;
      const failure = createFailure(kind, 'no', { node: node.name });
      return Promise.resolve({ ok: false, failure });
    }),
  };
  return counted;
}

describe('recovery', () => {
  it('removes what a run has left, but for results that are kept, until they may go, too', async () => {
    const root = await makeTempFolder();
    const node = nodeSpec({ name: 'node1', dockerComposePath: path.join(root, 'base') });
    const own = path.join(root, 'base', `playbook-${RUN}-${controllerToken(root)}`);
    const declared = path.join(root, 'declared');
    for (const folder of [path.join(own, 'test', 'out'), path.join(own, 'other'), declared]) {
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'file'), 'precious');
    }
    const kept = {
      node: 'node1',
      scenario: 'test',
      folders: [path.join(own, 'test')],
      directories: [declared],
    };
    const opened = await journalOf(root, [node], [folderOn('node1')], [kept]);
    const { earlier } = opened;
    const pool = createPool((each) => openLocal(each, { cwd: root }));
    const machines = { root, nodes: [node], controller };
    const signal = new AbortController().signal;
    const context = { clock: systemClock, pool, signal };

    const [recovered] = await recoverEarlier(earlier, machines, context);
    expect(recovered).toMatchObject({ status: 'clean', node: 'node1', run: RUN });
    expect(await readdir(own)).toEqual(['test']);
    expect(await readFile(path.join(own, 'test/out/file'), 'utf8')).toBe('precious');
    expect(await readdir(declared)).toEqual(['file']);
    expect(earlier.list()[0]?.kept.size).toBe(1);

    const removed = await recoverEarlier(earlier, machines, { ...context, isKeptRemoved: true });
    expect(removed).toMatchObject([{ status: 'clean' }]);
    expect(await readdir(path.join(root, 'base'))).toEqual([]);
    expect(await readdir(declared)).toEqual([]);
    expect(earlier.list()).toEqual([]);
    await pool.closeAll();
    await opened.close();
  });

  it('says who keeps a network, and does not try again what is up to others', async () => {
    const root = await makeTempFolder();
    const docker = path.join(root, 'docker');
    await writeFile(
      docker,
      `#!/bin/sh
case "$1 $2" in
  'network ls') echo net ;;
  'network inspect') echo 'stranger ' ;;
  'network rm') echo again >>${root}/removals; exit 1 ;;
esac
`,
    );
    await chmod(docker, 0o755);
    const node = nodeSpec({
      ...{ name: 'node1', runtime: 'docker' },
      dockerComposePath: path.join(root, 'base'),
    });
    const project = { ...folderOn('node1'), kind: 'project' as const };
    const opened = await journalOf(root, [node], [project]);
    const clock = createManualClock();
    const environment = { PATH: `${root}:${process.env['PATH'] ?? ''}` };
    const pool = createPool((each) => openLocal(each, { cwd: root, environment }));
    const signal = new AbortController().signal;
    const machines = { root, nodes: [node], controller };
    const recovering = recoverEarlier(opened.earlier, machines, { clock, pool, signal });
    expect(await clock.advanceUntil(recovering, 500)).toMatchObject([
      {
        status: 'left',
        message: `what run ${RUN} has left could not be removed: network net (in use by stranger)`,
      },
    ]);
    // A sweep goes three rounds by itself.
    const removals = await readFile(path.join(root, 'removals'), 'utf8');
    expect(removals.trim().split('\n')).toHaveLength(3);
    await pool.closeAll();
    await opened.close();
  });

  it('tries a node that does not answer three times, leaves it in the journal, and cleans the others', async () => {
    const root = await makeTempFolder();
    const gone = nodeSpec({ name: 'gone', transport: 'ssh', host: '10.0.0.9' });
    const node = nodeSpec({ name: 'node1', dockerComposePath: path.join(root, 'base') });
    const holdings = [folderOn('gone'), folderOn('node1')];
    const opened = await journalOf(root, [gone, node], holdings);
    const { earlier } = opened;
    const clock = createManualClock();
    let dials = 0;
    const pool = createPool((each) => {
      if (each.name === 'node1') return openLocal(each, { cwd: root });
      dials += 1;
      const failure = createFailure('unreachable', 'no route', { node: each.name });
      return Promise.resolve({ ok: false, failure });
    });
    const signal = new AbortController().signal;
    const machines = { root, nodes: [gone, node], controller };
    const recovering = recoverEarlier(earlier, machines, { clock, pool, signal });
    expect(await clock.advanceUntil(recovering, 500)).toMatchObject([
      { node: 'gone', status: 'unreachable', holds: ['working folder'], message: 'no route' },
      { node: 'node1', status: 'clean' },
    ]);
    expect(dials).toBe(3);
    const left = [...(earlier.list()[0]?.open.values() ?? [])];
    expect(left.map((holding) => holding.node)).toEqual(['gone']);
    await pool.closeAll();
    await opened.close();
  });

  it('empties a directory outside of its folders only while nobody else can have the node', async () => {
    const root = await makeTempFolder();
    const declared = path.join(root, 'declared');
    const node = nodeSpec({
      ...{ name: 'node1', dockerComposePath: path.join(root, 'base') },
      lockPath: path.join(root, 'lock'),
    });
    const results: Holding = {
      ...{ node: 'node1', kind: 'results', scenario: 'test', description: 'results' },
      paths: [declared],
    };
    const pool = createPool((each) => openLocal(each, { cwd: root }));
    const machines = { root, nodes: [node], controller };
    const context = { clock: systemClock, pool, signal: new AbortController().signal };
    const claimOf = (run: string, token: string) => ({
      ...{ run, controller: token, holder: run, machine: 'desk', user: 'ann', pid: 1 },
      ...{ root, since: '2026-06-01T19:04:09.000Z', leaseMs: 60_000 },
    });
    const recoverWith = async (more: Partial<Parameters<typeof recoverEarlier>[2]> = {}) => {
      await mkdir(declared, { recursive: true });
      await writeFile(path.join(declared, 'file'), '');
      const opened = await journalOf(root, [node], [results]);
      const [recovered] = await recoverEarlier(opened.earlier, machines, { ...context, ...more });
      expect(recovered?.status).toBe('clean');
      await opened.close();
      return { recovered, left: await readdir(declared) };
    };

    // Nobody has it: what is there is the dead run's.
    expect((await recoverWith()).left).toEqual([]);
    // Its own lease.
    await acquireLease(pool, node, claimOf(RUN, controllerToken(root)));
    expect((await recoverWith()).left).toEqual([]);
    // Somebody else's.
    const theirs = claimOf('20260601_200000', 'abcdef');
    await acquireLease(pool, node, theirs);
    const spared = await recoverWith();
    expect(spared.left).toEqual(['file']);
    expect(spared.recovered?.message).toContain(
      `what is in ${declared} is left alone: they may be somebody else's by now: node1 is held by run 20260601_200000 of ann@desk`,
    );
    // That of the run that cleans up, to which the node was given after it was swept.
    const present = (wasSwept: boolean) => ({ run: theirs.run, wasSwept: () => wasSwept });
    expect((await recoverWith({ present: present(true) })).left).toEqual(['file']);
    expect((await recoverWith({ present: present(false) })).left).toEqual([]);
    await releaseLease(pool, node, theirs);
    await pool.closeAll();
  });

  it('goes by the lease where the journal has lost what a run has on a node, and spares results that are kept there', async () => {
    const root = await makeTempFolder();
    const lockPath = path.join(root, 'lease');
    const node = nodeSpec({ name: 'node1', dockerComposePath: path.join(root, 'now'), lockPath });
    // As the configuration had it then.
    const before = { ...node, dockerComposePath: path.join(root, 'then') };
    const own = path.join(root, 'then', `playbook-${RUN}-${controllerToken(root)}`);
    const declared = path.join(root, 'declared');
    for (const folder of [path.join(own, 'kept'), path.join(own, 'other'), declared]) {
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'file'), 'precious');
    }
    const pool = createPool((each) => openLocal(each, { cwd: root }));
    const claim = {
      ...{
        run: RUN,
        controller: controllerToken(root),
        holder: '1f',
        machine: 'desk',
        user: 'ann',
      },
      ...{ pid: 1, root, since: '', leaseMs: 600_000 },
    };
    const kept = path.join(own, 'kept');
    await acquireLease(pool, before, claim, { kept: [kept], emptied: [declared] });
    onTestFinished(() => rm(lockPath, { recursive: true, force: true }));
    const lost: Holding = { ...folderOn('node1'), kind: 'unknown' };
    const opened = await journalOf(root, [node], [lost]);
    const [recovered] = await recoverEarlier(
      opened.earlier,
      { root, nodes: [node], controller },
      { clock: systemClock, pool, signal: new AbortController().signal },
    );
    expect(recovered).toMatchObject({
      status: 'clean',
      message: `results that could not be brought home are left in ${kept}: save them`,
    });
    expect(await readdir(own)).toEqual(['kept']);
    expect(await readFile(path.join(kept, 'file'), 'utf8')).toBe('precious');
    expect(await readdir(declared)).toEqual([]);
    // With its watchdog.
    expect(await readdir(root)).not.toContain('lease');
    await pool.closeAll();
    await opened.close();
  });

  it('removes no folder of a run without a journal after somebody has who knew what to keep', async () => {
    const root = await makeTempFolder();
    const base = path.join(root, 'base');
    const node = nodeSpec({ name: 'node1', dockerComposePath: base });
    const own = path.join(base, `playbook-${RUN}-${controllerToken(root)}`);
    await mkdir(own, { recursive: true });
    const lost: Holding = { ...folderOn('node1'), kind: 'unknown' };
    const opened = await journalOf(root, [node], [lost]);
    const pool = createPool((each) => openLocal(each, { cwd: root }));
    const recovered = await recoverEarlier(
      opened.earlier,
      { root, nodes: [node], controller },
      {
        ...{ clock: systemClock, pool, signal: new AbortController().signal },
        present: { run: '20260601_200000', wasSwept: () => true },
      },
    );
    expect(recovered).toMatchObject([{ status: 'clean', removed: [] }]);
    expect(await readdir(base)).toEqual([path.basename(own)]);
    await pool.closeAll();
    await opened.close();
  });

  it('asks a node once that refuses the login', async () => {
    const root = await makeTempFolder();
    const node = nodeSpec({ name: 'node1', transport: 'ssh', host: '10.0.0.9' });
    const opened = await journalOf(root, [node], [folderOn('node1')]);
    const { earlier } = opened;
    const counted = failingPool('authentication');
    const [recovered] = await recoverEarlier(
      earlier,
      { root, nodes: [node], controller },
      { clock: systemClock, pool: counted.pool, signal: new AbortController().signal },
    );
    expect(recovered).toMatchObject({ status: 'unreachable', failure: { kind: 'authentication' } });
    expect(counted.dials).toBe(1);
    await opened.close();
  });

  it('leaves a run of another controller alone as long as its lease is kept up, and sweeps it then', async () => {
    const root = await makeTempFolder();
    const base = path.join(root, 'base');
    const lockPath = path.join(root, 'lease');
    const node = nodeSpec({ name: 'node1', dockerComposePath: base, lockPath });
    // As the journal of a copy has it, or one that two machines share.
    const opened = await journalOf(root, [node], [folderOn('node1')], [], 'abcdef');
    await mkdir(path.join(base, `playbook-${RUN}-abcdef`), { recursive: true });
    const pool = createPool((each) => openLocal(each, { cwd: root }));
    const claim = {
      ...{ run: RUN, controller: 'abcdef', holder: '1f', machine: 'desk', user: 'ann', pid: 1 },
      ...{ root: '/home/ann/bench', since: '', leaseMs: 60_000 },
    };
    await acquireLease(pool, node, claim);
    onTestFinished(() => rm(lockPath, { recursive: true, force: true }));
    const recover = () =>
      recoverEarlier(
        opened.earlier,
        { root, nodes: [node], controller },
        { clock: systemClock, pool, signal: new AbortController().signal },
      );
    const message = expect.stringContaining(
      `it may live: node1 is held by run ${RUN} of ann@desk`,
    ) as string;
    expect(await recover()).toMatchObject([
      { status: 'unreachable', failure: { kind: 'locked' }, message },
    ]);
    expect(await readdir(base)).toEqual([`playbook-${RUN}-abcdef`]);
    expect(opened.earlier.list()[0]?.open.size).toBe(1);

    await breakLease(pool, node, root, '1f');
    // Its machine is this one, whatever became of the project's folder since.
    expect(await recover()).toMatchObject([{ status: 'clean' }]);
    expect(await readdir(base)).toEqual([]);
    await pool.closeAll();
    await opened.close();
  });

  it('leaves to another machine what a run has left there, where the project is shared', async () => {
    const root = await makeTempFolder();
    const node = nodeSpec({ name: 'node1' });
    const opened = await journalOf(root, [node], [folderOn('node1')]);
    await opened.close();
    const text = await readFile(journalFile(root), 'utf8');
    const [line = ''] = text.split('\n');
    const record = decodeRecord(line);
    if (record?.type !== 'opened') throw new Error(line);
    const moved = encodeRecord({ ...record, machine: 'elsewhere' });
    await writeFile(journalFile(root), text.replace(`${line}\n`, moved));
    const again = await openJournal({
      ...{ root, controller: controllerToken(root), machines: [], mask: String },
    });
    if (!again.ok) throw new Error(again.failure.message);
    const recovered = await recoverEarlier(
      again.value.earlier,
      { root, nodes: [node], controller },
      {
        clock: systemClock,
        pool: failingPool('unreachable').pool,
        signal: new AbortController().signal,
      },
    );
    expect(recovered).toMatchObject([
      { status: 'unknown', message: expect.stringContaining('and this is another') as string },
    ]);
    await again.value.close();
  });

  it.each([
    ['is gone', [], 'node1 (10.0.0.1:22) is not in config/nodes.yaml any more'],
    [
      'is another machine by now',
      [nodeSpec({ name: 'node1', transport: 'ssh', host: '10.0.0.2', port: 22 })],
      'node1 was 10.0.0.1:22 for that run, and is 10.0.0.2:22 now',
    ],
  ])('touches nothing where a node %s, and says so', async (_, nodes, message) => {
    const root = await makeTempFolder();
    const node = nodeSpec({ name: 'node1', transport: 'ssh', host: '10.0.0.1', port: 22 });
    const opened = await journalOf(root, [node], [folderOn('node1')]);
    const { earlier } = opened;
    const counted = failingPool('unreachable');
    const recovered = await recoverEarlier(
      earlier,
      { root, nodes, controller },
      { clock: systemClock, pool: counted.pool, signal: new AbortController().signal },
    );
    expect(recovered).toMatchObject([{ status: 'unknown', message }]);
    expect(counted.dials).toBe(0);
    expect(earlier.list()[0]?.open.size).toBe(1);
    await opened.close();
  });
});
