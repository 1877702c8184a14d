import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { Holding } from '../../../../src/run/journal/holding.js';
import { openLineFile } from '../../../../src/run/journal/line-file.js';
import { openJournal } from '../../../../src/run/journal/open-journal.js';
import { journalFile } from '../../../../src/run/journal/read-journal.js';
import { temporaryName } from '../../../../src/results/files/atomic-file.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const NODE1 = { name: 'node1', transport: 'ssh', host: '10.0.0.1', port: 22, user: 'bench' };
const NODE2 = { ...NODE1, name: 'node2', host: '10.0.0.2' };
const AT = Date.UTC(2026, 5, 1);

function service(node: string, id: string): Holding {
  return { node, kind: 'service', scenario: 'test', description: `service ${id}` };
}

async function openIn(root: string, mask = (text: string) => text) {
  const options = { root, controller: 'abc123', machines: [NODE1, NODE2], mask };
  const opened = await openJournal(options);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

async function beginIn(root: string, run = 'run-a', mask?: (text: string) => string) {
  const opened = await openIn(root, mask);
  const begun = await opened.begin({ run, at: AT, nodes: [NODE1, NODE2] });
  if (!begun.ok) throw new Error(begun.failure.message);
  return { ...opened, journal: begun.value };
}

async function entered(journal: { enter: (holding: Holding) => Promise<unknown> }, what: Holding) {
  const outcome = (await journal.enter(what)) as { ok: true; value: () => void };
  expect(outcome.ok).toBe(true);
  return outcome.value;
}

async function linesOf(root: string): Promise<string[]> {
  return (await readFile(journalFile(root), 'utf8')).split('\n').filter((line) => line !== '');
}

describe('the journal', () => {
  it('has an entry on the disk, in a file of its owner’s, before it says so', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root);
    await entered(journal, service('node1', 'engine'));
    const lines = await linesOf(root);
    expect(lines.at(-1)).toMatch(/^[0-9a-f]{16} \{"type":"entered","run":"run-a","id":1,/);
    expect((await stat(journalFile(root))).mode & 0o777).toBe(0o600);
    expect(journal.list()).toEqual([service('node1', 'engine')]);
    await journal.close();
  });

  it('is gone once everything was struck off, and stays as long as something was not', async () => {
    const root = await makeTempFolder();
    const first = await beginIn(root);
    const strike = await entered(first.journal, service('node1', 'engine'));
    strike();
    strike();
    await first.journal.close();
    expect(await readdir(path.join(root, '.playbook'))).toEqual([]);

    const second = await beginIn(root, 'run-b');
    await entered(second.journal, service('node1', 'engine'));
    await second.journal.close();
    expect(await readdir(path.join(root, '.playbook'))).toEqual(['journal']);
  });

  it('leaves nothing of one that a run was making when it was killed', async () => {
    const root = await makeTempFolder();
    await mkdir(path.join(root, '.playbook'));
    await writeFile(temporaryName(journalFile(root)), 'half');
    await writeFile(path.join(root, '.playbook', '.journal.mine.tmp'), '');
    await (await openIn(root)).close();
    expect(await readdir(path.join(root, '.playbook'))).toEqual(['.journal.mine.tmp']);
  });

  it('carries what earlier runs still hold over into the next one, and leaves out the rest', async () => {
    const root = await makeTempFolder();
    const first = await beginIn(root, 'run-a');
    await first.journal.noteBases('node2', ['/opt/work']);
    (await entered(first.journal, service('node1', 'gone')))();
    await entered(first.journal, service('node2', 'stuck'));
    await first.journal.close();
    const second = await beginIn(root, 'run-b');
    await second.journal.close();

    const third = await openIn(root);
    const [held, ...others] = third.earlier.list();
    expect(others).toEqual([]);
    expect(held).toMatchObject({ run: 'run-a', controller: 'abc123', nodes: [NODE1, NODE2] });
    expect([...(held?.open.values() ?? [])]).toEqual([service('node2', 'stuck')]);
    expect(held?.bases.get('node2')).toEqual(['/opt/work']);
    third.earlier.strike('run-a', [...(held?.open.keys() ?? [])]);
    expect(third.earlier.list()).toEqual([]);
    await third.close();
    expect(await readdir(path.join(root, '.playbook'))).toEqual([]);
  });

  it('keeps results that could not be brought home, and does not have their directories emptied', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root);
    const results: Holding = {
      ...service('node1', 'x'),
      kind: 'results',
      description: 'results in /data/out',
      paths: ['/data/out'],
    };
    const strike = await entered(journal, results);
    const kept = {
      node: 'node1',
      scenario: 'test',
      folders: ['/w/test'],
      directories: ['/data/out'],
    };
    expect(await journal.keep(kept)).toEqual({ ok: true, value: undefined });
    expect(journal.list()).toEqual([]);
    strike();
    await journal.close();

    const next = await openIn(root);
    const [held] = next.earlier.list();
    expect(held?.open.size).toBe(0);
    expect([...(held?.kept.values() ?? [])]).toEqual([kept]);
    await next.close();
  });

  it('masks secrets in what it says to people', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root, 'run-a', (text) => text.replaceAll('s3cret', '***'));
    await entered(journal, service('node1', 's3cret'));
    expect(await readFile(journalFile(root), 'utf8')).not.toContain('s3cret');
    await journal.close();
  });

  it('is another’s once that has replaced it: nothing can be entered, and it is neither written to nor removed', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root);
    const strike = await entered(journal, service('node1', 'engine'));
    // What whoever took the project over, because this run was not heard of, does with it.
    const other = await openIn(root);
    const text = await readFile(journalFile(root), 'utf8');
    expect(await journal.enter(service('node1', 'second'))).toMatchObject({
      ok: false,
      failure: { kind: 'lease_lost', message: expect.stringContaining('is lost') as string },
    });
    expect(await journal.noteBases('node1', ['/opt'])).toMatchObject({ ok: false });
    strike();
    await journal.close();
    expect(await readFile(journalFile(root), 'utf8')).toBe(text);
    expect([...(other.earlier.list()[0]?.open.values() ?? [])]).toEqual([
      service('node1', 'engine'),
    ]);
    await other.close();
  });

  it('takes no entry, and stays, once its run has lost the project', async () => {
    const root = await makeTempFolder();
    let isLost = false;
    const options = { root, controller: 'abc123', machines: [], mask: String };
    const opened = await openJournal({ ...options, isLost: () => isLost });
    if (!opened.ok) throw new Error(opened.failure.message);
    const begun = await opened.value.begin({ run: 'run-a', at: AT, nodes: [NODE1] });
    if (!begun.ok) throw new Error(begun.failure.message);
    const before = await linesOf(root);
    isLost = true;
    expect(await begun.value.enter(service('node1', 'engine'))).toMatchObject({
      ok: false,
      failure: { kind: 'lease_lost' },
    });
    await begun.value.close();
    expect(await linesOf(root)).toEqual(before);
  });

  it('writes entries that come at the same time with one sync', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root);
    const { open } = await import('node:fs/promises');
    const probe = await open(journalFile(root));
    const prototype = Object.getPrototypeOf(probe) as { datasync: () => Promise<void> };
    await probe.close();
    const sync = vi.spyOn(prototype, 'datasync');
    onTestFinished(() => sync.mockRestore());
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => entered(journal, service('node1', `s${index}`))),
    );
    expect(sync.mock.calls.length).toBeLessThanOrEqual(2);
    expect(await linesOf(root)).toHaveLength(101);
    await journal.close();
  });

  it('sweeps every node that a run has named, where an entry cannot be read', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root);
    const strike = await entered(journal, service('node1', 'first'));
    await entered(journal, service('node1', 'second'));
    strike();
    await journal.close();
    const lines = await linesOf(root);
    await writeFile(
      journalFile(root),
      lines.map((line, index) => `${index === 2 ? line.slice(0, -3) : line}\n`).join(''),
    );
    const next = await openIn(root);
    const [held] = next.earlier.list();
    expect([...(held?.open.values() ?? [])].map(({ node, kind }) => `${kind} on ${node}`)).toEqual([
      'unknown on node1',
      'unknown on node2',
    ]);
    await next.close();
  });

  it('keeps an entry whose strike cannot be read', async () => {
    const root = await makeTempFolder();
    const { journal } = await beginIn(root);
    const strike = await entered(journal, service('node2', 'engine'));
    strike();
    await entered(journal, service('node1', 'other'));
    await journal.close();
    const text = await readFile(journalFile(root), 'utf8');
    await writeFile(journalFile(root), text.replace('"struck"', '"strick"'));
    const next = await openIn(root);
    const [held] = next.earlier.list();
    expect([...(held?.open.values() ?? [])]).toContainEqual(service('node2', 'engine'));
    await next.close();
  });

  it('says so where it does not even tell which run it was', async () => {
    const root = await makeTempFolder();
    await mkdir(path.join(root, '.playbook'));
    await writeFile(journalFile(root), 'neither\nnor\n');
    const opened = await openIn(root);
    expect(opened.earlier.hasLostRun).toBe(true);
    expect(opened.earlier.list()).toEqual([]);
    await opened.close();
  });

  it('says what to do where a directory is in its place', async () => {
    const root = await makeTempFolder();
    await mkdir(journalFile(root), { recursive: true });
    const options = { root, controller: 'abc123', machines: [], mask: (text: string) => text };
    expect(await openJournal(options)).toMatchObject({
      ok: false,
      failure: { kind: 'transfer', hint: 'move it away, then: playbook cleanup' },
    });
  });

  it('FAULTS 13: is a failure before anything is done, where it cannot be written', async () => {
    const root = await makeTempFolder();
    await writeFile(path.join(root, '.playbook'), '');
    const options = { root, controller: 'abc123', machines: [], mask: (text: string) => text };
    expect(await openJournal(options)).toMatchObject({ ok: false, failure: { kind: 'transfer' } });

    const full = await openLineFile('/dev/full', 0);
    if (!full.ok) throw new Error('cannot open /dev/full');
    const added = await full.value.add('line\n', { isSynced: true, isUrgent: false });
    expect(added).toMatchObject({ ok: false, failure: { kind: 'disk_full' } });
    await full.value.close();
  });

  it('FAULTS 13: has room for strikes and kept results left, when the disk is full', async () => {
    const root = await makeTempFolder();
    const file = path.join(root, 'lines');
    await writeFile(file, '\n'.repeat(20_000));
    await chmod(file, 0o600);
    const opened = await openLineFile(file, 0);
    if (!opened.ok) throw new Error('cannot open it');
    const { open } = await import('node:fs/promises');
    const probe = await open(file);
    const prototype = Object.getPrototypeOf(probe) as { write: (...args: unknown[]) => unknown };
    await probe.close();
    const real = Reflect.get(prototype, 'write');
    const write = vi.spyOn(prototype, 'write').mockImplementation(function (
      this: unknown,
      ...args
    ) {
      const [, offset, length, position] = args as [Buffer, number, number, number];
      if (position + length - offset > 20_000) {
        return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      }
      return Reflect.apply(real, this, args);
    });
    onTestFinished(() => write.mockRestore());
    const long = `${'x'.repeat(8_000)}\n`;
    const entry = await opened.value.add(long, { isSynced: true, isUrgent: false });
    expect(entry).toMatchObject({ ok: false, failure: { kind: 'disk_full' } });
    const [refused, strike] = await Promise.all([
      opened.value.add(long, { isSynced: true, isUrgent: false }),
      opened.value.add('struck\n', { isSynced: true, isUrgent: true }),
    ]);
    expect(refused.ok).toBe(false);
    expect(strike.ok).toBe(true);
    await opened.value.close();
    expect((await readFile(file, 'utf8')).trim()).toBe('struck');
  });
});
