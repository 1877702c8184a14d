import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Exec } from '../../../../../src/remote/transfer/stream/context.js';
import { downloadByStream } from '../../../../../src/remote/transfer/stream/download/download.js';
import { isConnectionFault } from '../../../../../src/run/retry-policy.js';
import { uploadByStream } from '../../../../../src/remote/transfer/stream/upload/upload.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { GNU, contextOf, failureOf, openNode } from './nodes.js';

/** Everything a transfer may run on a node. */
const PROGRAMS = [
  ...['cat', 'chmod', 'dd', 'find', 'ls', 'mkdir', 'mv', 'rm', 'sha256sum', 'sh', 'stat', 'tar'],
  ...['tee', 'touch', 'uname', 'xargs'],
];

/** @param instead By name: what a program does, for which `$PROGRAM` is the real one. */
async function nodeWithout(missing: string | null, instead: Readonly<Record<string, string>> = {}) {
  const folder = await makeTempFolder();
  for (const program of PROGRAMS.filter((name) => name !== missing)) {
    const [found = ''] = execFileSync('/bin/sh', ['-c', `command -v ${program}`], {
      encoding: 'utf8',
    }).split('\n');
    const file = path.join(folder, program);
    const script = instead[program];
    if (script === undefined) await symlink(found, file);
    else await writeFile(file, `#!/bin/sh\nPROGRAM=${found}\n${script}\n`, { mode: 0o755 });
  }
  const connection = await openNode({ ...GNU, searchPath: folder });
  onTestFinished(() => connection.close());
  return contextOf(connection);
}

describe('a file that grows', () => {
  it('faster than it can be read to its end is brought all the same', async () => {
    const parent = await makeTempFolder();
    const file = path.join(parent, 'log');
    await writeFile(file, 'begin\n');
    const context = await nodeWithout(null, {
      // It has grown by the time that it was sent.
      dd: `"$PROGRAM" "$@" || exit; if [ ! -e ${file}.grown ]; then echo more | /usr/bin/tee ${file}.grown >> ${file}; fi`,
      // Whoever reads the file itself never comes to its end.
      sha256sum: `case $(/usr/bin/readlink /proc/$$/fd/0) in */log) exec /bin/sleep 600 ;; esac; exec "$PROGRAM"`,
    });
    const to = path.join(parent, 'here');
    expect(await downloadByStream(file, to, context)).toMatchObject({ ok: true });
    expect(await readFile(to, 'utf8')).toBe('begin\nmore\n');
  });

  it('by more and more is given up, and nothing of it stays', async () => {
    const parent = await makeTempFolder();
    const file = path.join(parent, 'log');
    await writeFile(file, 'begin\n');
    const grow = (mebibytes: number) => `/usr/bin/truncate -s ${mebibytes}M ${file}`;
    const context = await nodeWithout(null, {
      // The first call sends what there is, the fourth the most of what was added.
      dd: `"$PROGRAM" "$@" || exit; echo >> ${file}.calls
case $(/usr/bin/wc -l < ${file}.calls) in 1) ${grow(100)} ;; 4) ${grow(300)} ;; esac`,
    });
    const to = await makeTempFolder();
    expect(failureOf(await downloadByStream(file, path.join(to, 'here'), context))).toMatchObject({
      kind: 'transfer',
      message: expect.stringContaining('grows faster than it can be copied') as string,
    });
    expect(await readdir(to)).toEqual([]);
  });
});

describe('a node that lacks a program', () => {
  it('needs nothing else than what is asked for', async () => {
    const context = await nodeWithout(null);
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), 'x');
    const to = path.join(await makeTempFolder(), 'to');
    const back = path.join(await makeTempFolder(), 'back');
    expect(await uploadByStream(from, to, context)).toMatchObject({ ok: true });
    expect(await uploadByStream(from, to, context)).toMatchObject({ ok: true });
    expect(await downloadByStream(to, back, context)).toMatchObject({ ok: true });
    expect(await uploadByStream(`${from}/a`, `${to}/b`, context)).toMatchObject({ ok: true });
    expect(await downloadByStream(`${to}/b`, `${back}/b`, context)).toMatchObject({ ok: true });
  });

  it.each(['tar', 'sha256sum', 'xargs'])('%s is told what is missing', async (program) => {
    const context = await nodeWithout(program);
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), 'x');
    const parent = await makeTempFolder();
    const failure = failureOf(await uploadByStream(from, path.join(parent, 'to'), context));
    expect(failure).toMatchObject({ kind: 'runtime_missing', node: 'node1' });
    expect(failure.message).toContain(program);
    expect(failure.hint).toContain(program);
    expect(isConnectionFault(failure.kind)).toBe(false);
    expect(await readdir(parent)).toEqual([]);
  });

  it('is told so on the way back, too', async () => {
    const from = await makeTempFolder();
    const failure = failureOf(await downloadByStream(from, '/tmp/never', await nodeWithout('tar')));
    expect(failure).toMatchObject({ kind: 'runtime_missing' });
    expect(failure.message).toContain('no tar');
  });
});

describe('a login that may not do everything', () => {
  const isRoot = process.getuid?.() === 0;
  const mayChange = isRoot && spawnSync('setpriv', ['--version']).status === 0;

  /** Commands run as nobody. */
  async function unprivileged() {
    const connection = await openNode();
    onTestFinished(() => connection.close());
    const prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
    const exec: Exec = (command, options) =>
      connection.exec({ ...command, argv: [...prefix, ...command.argv] }, options);
    return contextOf({ node: 'node1', exec });
  }
  async function openFolder(): Promise<string> {
    const folder = await makeTempFolder();
    await chmod(folder, 0o777);
    return folder;
  }

  it.runIf(mayChange)('is told which path it may not write to', async () => {
    const context = await unprivileged();
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), 'x');
    const closed = await makeTempFolder();
    await chmod(closed, 0o755);
    for (const [source, target] of [
      [from, path.join(closed, 'to')],
      [from, closed],
      [path.join(from, 'a'), path.join(closed, 'sub/a')],
      [path.join(from, 'a'), path.join(closed, 'a')],
    ] as const) {
      const failure = failureOf(await uploadByStream(source, target, context));
      expect(failure).toMatchObject({ kind: 'transfer', node: 'node1' });
      expect(failure.message).toContain(`permission denied for ${closed}`);
    }
    expect(await readdir(closed)).toEqual([]);
  });

  it.runIf(mayChange)('is told which path it may not read', async () => {
    const context = await unprivileged();
    const from = await openFolder();
    await writeFile(path.join(from, 'secret'), 'x', { mode: 0o600 });
    const parent = await makeTempFolder();
    for (const source of [from, path.join(from, 'secret')]) {
      const failure = failureOf(await downloadByStream(source, path.join(parent, 'to'), context));
      expect(failure.kind).toBe('transfer');
      expect(failure.message).toMatch(/permission denied for \S*secret/);
    }
    expect(await readdir(parent)).toEqual([]);
  });

  it.runIf(mayChange)('brings folders and files that even their owner may not read', async () => {
    const context = await unprivileged();
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'closed'));
    await writeFile(path.join(from, 'closed/a'), 'x', { mode: 0o200 });
    await chmod(path.join(from, 'closed'), 0o555);
    const to = path.join(await openFolder(), 'to');
    expect(await uploadByStream(from, to, context)).toMatchObject({ ok: true });
    expect(await readdir(path.dirname(to))).toEqual(['to']);
  });
});

describe('a full disk', () => {
  const canMount = spawnSync('/bin/sh', ['-c', 'unshare -rm true']).status === 0;

  it.runIf(canMount)('is told as such, and nothing partial stays, there or here', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'folder'));
    await writeFile(path.join(from, 'big'), Buffer.alloc(3_000_000, 1));
    await writeFile(path.join(from, 'folder/big'), Buffer.alloc(3_000_000, 1));
    const disk = await makeTempFolder();
    const nodes = new URL('nodes.ts', import.meta.url).href;
    const program = `
      import { readdirSync, writeFileSync } from 'node:fs';
      const { openNode, streaming } = await import(${JSON.stringify(nodes)});
      const connection = streaming(await openNode());
      const [from, disk] = ${JSON.stringify([from, disk])};
      writeFileSync(disk + '/before', 'x');
      const results = [];
      for (const direction of ['upload', 'download']) {
        for (const name of ['big', 'folder']) {
          const { failure } = await connection[direction](from + '/' + name, disk + '/' + name);
          results.push({ direction, kind: failure?.kind, message: failure?.message, left: readdirSync(disk) });
        }
      }
      await connection.close();
      console.log(JSON.stringify(results));`;
    const script = `exec unshare -rm sh -c 'mount -t tmpfs -o size=1m none "$0" && exec "$@"' "$0" "$@"`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program];
    const printed = execFileSync('/bin/sh', ['-c', script, disk, ...node], { encoding: 'utf8' });
    const results = JSON.parse(printed) as {
      direction: string;
      kind: string;
      message: string;
      left: string[];
    }[];
    expect(results).toHaveLength(4);
    for (const { direction, kind, message, left } of results) {
      expect(kind).toBe('disk_full');
      expect(left).toEqual(['before']);
      expect(message).toContain(direction === 'upload' ? 'disk of the node' : 'disk here');
    }
  });
});

describe('two hundred transfers in a row', () => {
  it('leave no descriptor, no process and no file', { timeout: 120_000 }, async () => {
    const connection = await openNode();
    onTestFinished(() => connection.close());
    const context = contextOf(connection);
    const from = await makeTempFolder();
    for (const name of ['a', 'b', 'c']) await writeFile(path.join(from, name), name);
    const parent = await makeTempFolder();
    const there = path.join(parent, 'there');
    const round = async () => {
      await uploadByStream(from, there, context);
      await downloadByStream(there, path.join(parent, 'back'), context);
      await uploadByStream(path.join(from, 'a'), '/dev/null/a', context);
      await downloadByStream('/dev/null/a', path.join(parent, 'never'), context);
    };
    const descriptors = async () => (await readdir('/dev/fd')).length;
    const children = () =>
      spawnSync('ps', ['--ppid', String(process.pid), '-o', 'args='], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => /tar|tee|dd|openssl|sh -c/.test(line));
    // Pipes are made in stock.
    for (let warm = 0; warm < 3; warm += 1) await round();
    const before = await descriptors();
    for (let count = 0; count < 50; count += 1) await round();
    expect(await descriptors()).toBeLessThanOrEqual(before + 100);
    expect(children()).toEqual([]);
    expect((await readdir(parent)).sort()).toEqual(['back', 'there']);
  });
});
