import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Connection } from '../../../../../src/remote/connection.js';
import type { Exec } from '../../../../../src/remote/transfer/stream/context.js';
import { downloadByStream } from '../../../../../src/remote/transfer/stream/download/download.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { type Member, member, sending, sendingFolder, sha256 } from './hostile-node.js';
import { contextOf, failureOf, openNode } from './nodes.js';
import { ALL_TOOLS } from './tools.js';

const MB = 1024 * 1024;

describe.each(ALL_TOOLS)('downloading as a stream from a node with $name', (tools) => {
  let connection: Connection;
  const download = (
    from: string,
    to: string,
    exec: Exec = (command, options) => connection.exec(command, options),
  ) => downloadByStream(from, to, contextOf({ node: 'node1', exec }));

  beforeAll(async () => {
    connection = await openNode(tools);
  });
  afterAll(() => connection.close());

  it('keeps names that are no UTF-8, and the longest ones', async () => {
    const from = await makeTempFolder();
    const names = [
      ...Array.from({ length: 255 }, (_, index) => Buffer.from([index + 1])).filter(
        ([byte]) => byte !== 0x2f && byte !== 0x2e,
      ),
      Buffer.from('x'.repeat(255)),
      Buffer.from('é'.repeat(127)),
      Buffer.from('--help'),
      Buffer.from('...'),
    ];
    for (const name of names) await writeFile(bytesPath(from, name), name);
    const deep = path.join(from, 'd'.repeat(200), 'e'.repeat(200));
    await mkdir(deep, { recursive: true });
    await symlink(`../${'e'.repeat(200)}/file`, path.join(deep, 'link'));
    const to = path.join(await makeTempFolder(), 'to');
    expect(await download(from, to)).toMatchObject({ ok: true, value: { files: names.length } });
    for (const name of names) expect(await readFile(bytesPath(to, name))).toEqual(name);
    expect(await readdir(to)).toHaveLength(names.length + 1);
    expect(await readlink(path.join(to, 'd'.repeat(200), 'e'.repeat(200), 'link'))).toBe(
      `../${'e'.repeat(200)}/file`,
    );
  });

  it('keeps modes and times', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'closed/within'), { recursive: true });
    await writeFile(path.join(from, 'closed/within/file'), 'x');
    await chmod(path.join(from, 'closed/within/file'), 0o4751);
    await utimes(path.join(from, 'closed/within/file'), 1_000_000, 1_000_000);
    await chmod(path.join(from, 'closed/within'), 0o500);
    await chmod(path.join(from, 'closed'), 0o555);
    const to = path.join(await makeTempFolder(), 'to');
    for (let round = 0; round < 2; round += 1) {
      expect(await download(from, to)).toMatchObject({ ok: true, value: { files: 1, bytes: 1 } });
      const status = await stat(path.join(to, 'closed/within/file'));
      expect((status.mode & 0o7777).toString(8)).toBe('4751');
      expect(status.mtimeMs).toBe(1_000_000_000);
      expect((await stat(path.join(to, 'closed/within'))).mode & 0o777).toBe(0o500);
      expect((await stat(path.join(to, 'closed'))).mode & 0o777).toBe(0o555);
      expect(await readdir(to)).toEqual(['closed']);
    }
    for (const root of [from, to]) await chmod(path.join(root, 'closed'), 0o755);
  });

  it('brings a large file, an empty one and an empty folder', async () => {
    const from = await makeTempFolder();
    const content = randomBytes(20 * MB + 3);
    await writeFile(path.join(from, 'large'), content);
    await writeFile(path.join(from, 'empty'), '');
    await mkdir(path.join(from, 'folder'));
    const to = await makeTempFolder();
    for (const name of ['large', 'empty', 'folder']) {
      expect(await download(path.join(from, name), path.join(to, name))).toMatchObject({
        ok: true,
      });
    }
    expect((await readFile(path.join(to, 'large'))).equals(content)).toBe(true);
    expect((await stat(path.join(to, 'empty'))).size).toBe(0);
    expect((await readdir(to)).sort()).toEqual(['empty', 'folder', 'large']);
  });

  it('replaces what has the same name in a folder that is there, and leaves the rest', async () => {
    const from = await makeTempFolder();
    const to = await makeTempFolder();
    await mkdir(path.join(from, 'old/new'), { recursive: true });
    await writeFile(path.join(from, 'old/a'), 'after');
    await writeFile(path.join(from, 'old/new/b'), 'b');
    await mkdir(path.join(to, 'old'));
    await writeFile(path.join(to, 'old/a'), 'before');
    await writeFile(path.join(to, 'old/stays'), 'stays');
    expect(await download(from, to)).toMatchObject({ ok: true, value: { files: 2 } });
    expect(await readFile(path.join(to, 'old/a'), 'utf8')).toBe('after');
    expect(await readFile(path.join(to, 'old/stays'), 'utf8')).toBe('stays');
    expect(await readFile(path.join(to, 'old/new/b'), 'utf8')).toBe('b');
    expect(await readdir(to)).toEqual(['old']);
  });

  it('does not write through a link that is here', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'sub'));
    await writeFile(path.join(from, 'sub/a'), 'x');
    const to = await makeTempFolder();
    const elsewhere = await makeTempFolder();
    await symlink(elsewhere, path.join(to, 'sub'));
    expect(failureOf(await download(from, to)).message).toContain('is a link here');
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await readdir(to)).toEqual(['sub']);
  });

  it('brings both names of a file that has two, and leaves pipes out', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), 'content');
    execFileSync('/bin/sh', ['-c', 'ln a b; mkfifo pipe'], { cwd: from });
    const to = path.join(await makeTempFolder(), 'to');
    expect(await download(from, to)).toEqual({ ok: true, value: { files: 2, bytes: 14 } });
    expect((await readdir(to)).sort()).toEqual(['a', 'b']);
    expect(await readFile(path.join(to, 'b'), 'utf8')).toBe('content');
  });

  it('brings all of a file that has grown meanwhile', async () => {
    const from = await makeTempFolder();
    const file = path.join(from, 'log');
    await writeFile(file, Buffer.alloc(MB, 1));
    const to = await makeTempFolder();
    let times = 0;
    const exec: Exec = async (command, options) => {
      times += 1;
      const result = await connection.exec(command, options);
      if (times > 2) return result;
      await appendFile(file, 'more');
      // As if it had happened while the node was at it.
      const stderr = result.stderr.toString().replace(/^now \d+$/m, `now ${MB + 4 * times}`);
      return { ...result, stderr: Buffer.from(stderr) };
    };
    expect(await download(file, path.join(to, 'log'), exec)).toEqual({
      ok: true,
      value: { files: 1, bytes: MB + 8 },
    });
    expect(sha256(await readFile(path.join(to, 'log')))).toBe(sha256(await readFile(file)));
    expect(times).toBe(3);
  });

  it('fetches a file of a folder again that was written to meanwhile', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'sub'));
    const file = path.join(from, 'sub/a "log"');
    await writeFile(file, 'begin');
    await writeFile(path.join(from, 'gone'), 'soon gone');
    await writeFile(path.join(from, 'other'), 'x');
    const to = path.join(await makeTempFolder(), 'to');
    let times = 0;
    const exec: Exec = async (command, options) => {
      times += 1;
      const result = await connection.exec(command, options);
      if (times > 1) return result;
      await appendFile(file, ' and end');
      execFileSync('rm', [path.join(from, 'gone')]);
      const said = ['./sub/a "log"', './gone']
        .map((name) => `tar: ${name}: file changed as we read it\n`)
        .join('');
      const stderr = said + result.stderr.toString().replace(/^tar 0$/m, 'tar 1');
      return { ...result, stderr: Buffer.from(stderr) };
    };
    expect(await download(from, to, exec)).toEqual({ ok: true, value: { files: 2, bytes: 14 } });
    expect(await readFile(path.join(to, 'sub/a "log"'), 'utf8')).toBe('begin and end');
    expect((await readdir(to)).sort()).toEqual(['other', 'sub']);
  });

  it('says so when a file became shorter', async () => {
    const from = await makeTempFolder();
    const file = path.join(from, 'a');
    await writeFile(file, 'content');
    const to = await makeTempFolder();
    const exec: Exec = async (command, options) => {
      const result = await connection.exec(command, options);
      const stderr = result.stderr.toString().replace(/^now 7$/m, 'now 3');
      return { ...result, stderr: Buffer.from(stderr) };
    };
    const failure = failureOf(await download(file, path.join(to, 'a'), exec));
    expect(failure.message).toContain('became shorter');
    expect(await readdir(to)).toEqual([]);
  });

  it('leaves what was here when the connection is lost half-way, and nothing else', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), randomBytes(10 * MB));
    const to = await makeTempFolder();
    await writeFile(path.join(to, 'a'), 'before');
    const exec: Exec = async (command, options) => {
      const output = options?.stdout;
      let group = 0;
      let passed = 0;
      output?.on('pipe', () => undefined);
      const write = output?.write.bind(output);
      if (output && write) {
        output.write = ((chunk: Buffer) => {
          passed += chunk.length;
          if (passed > 3 * MB && group > 0) process.kill(-group, 'SIGKILL');
          return write(chunk);
        }) as typeof output.write;
      }
      const result = await connection.exec(command, {
        ...options,
        onStarted: (id) => (group = id),
      });
      const { stdout, stderr, durationMs } = result;
      const reason = 'no answer for 30 s';
      return { termination: 'connection-lost', reason, stdout, stderr, durationMs };
    };
    for (const [source, target] of [
      [from, to],
      [path.join(from, 'a'), path.join(to, 'a')],
    ] as const) {
      expect(failureOf(await download(source, target, exec)).kind).toBe('connection_lost');
      expect(await readdir(to)).toEqual(['a']);
      expect(await readFile(path.join(to, 'a'), 'utf8')).toBe('before');
    }
  });

  it('leaves what was here when it is cancelled, and nothing else', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), Buffer.alloc(10 * MB));
    const to = await makeTempFolder();
    await writeFile(path.join(to, 'a'), 'before');
    for (const [source, target] of [
      [from, to],
      [path.join(from, 'a'), path.join(to, 'a')],
    ] as const) {
      const cancel = new AbortController();
      const outcome = await downloadByStream(source, target, contextOf(connection), {
        signal: cancel.signal,
        onProgress: () => cancel.abort(),
      });
      expect(failureOf(outcome).kind).toBe('cancelled');
      expect(await readdir(to)).toEqual(['a']);
      expect(await readFile(path.join(to, 'a'), 'utf8')).toBe('before');
    }
  });

  it('removes what a dead download left', async () => {
    const from = path.join(await makeTempFolder(), 'a');
    await writeFile(from, 'x');
    const to = path.join(await makeTempFolder(), 'a');
    const dead = execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
    const { hostname } = await import('node:os');
    const name = (pid: number | string) => `.a.${hostname()}.${pid}-abc.part`;
    for (const pid of [dead, process.pid]) {
      await writeFile(path.join(path.dirname(to), name(pid)), 'x');
    }
    expect(await download(from, to)).toMatchObject({ ok: true });
    expect((await readdir(path.dirname(to))).sort()).toEqual([name(process.pid), 'a'].sort());
  });
});

describe('a node that is not to be trusted', () => {
  const download = (to: string, exec: Exec) =>
    downloadByStream('/from', to, contextOf({ node: 'node1', exec }));

  it.each<[string, readonly Member[]]>([
    ['a name that climbs out', [{ name: './../evil', content: 'x' }]],
    ['a name that climbs out further on', [{ name: './a/../../evil', content: 'x' }]],
    ['an absolute name', [{ name: '/tmp/evil', content: 'x' }]],
    ['a folder that climbs out', [{ name: '../evil', type: '5' }]],
    ['a link that leads outside', [{ name: './evil', type: '2', target: '../../etc' }]],
    ['an absolute link that leads outside', [{ name: './evil', type: '2', target: '/etc' }]],
    [
      'a link that is led outside by another',
      [
        { name: './a', type: '5' },
        { name: './a/b', type: '5' },
        { name: './a/b/root', type: '2', target: '../..' },
        { name: './evil', type: '2', target: 'a/b/root/../etc' },
      ],
    ],
    [
      'a file behind a link',
      [
        { name: './a', type: '2', target: '.' },
        { name: './a/evil', content: 'x' },
      ],
    ],
    [
      'a name twice',
      [
        { name: './evil', content: 'x' },
        { name: './evil', content: 'y' },
      ],
    ],
    ['a hard link to what it did not send', [{ name: './evil', type: '1', target: '/etc/passwd' }]],
    ['a hard link that climbs out', [{ name: './evil', type: '1', target: '../../etc/passwd' }]],
    [
      'a hard link to a folder',
      [
        { name: './a', type: '5' },
        { name: './evil', type: '1', target: './a' },
      ],
    ],
    ['a kind of its own', [{ name: './evil', type: 'V' }]],
    [
      'a link behind links that lead up',
      [
        { name: './p', type: '5' },
        { name: './p/q', type: '5' },
        { name: './p/q/up', type: '2', target: '../..' },
        { name: './p/q/u1', type: '2', target: 'up/..' },
        { name: './p/q/u1/evil', type: '2', target: '../x' },
      ],
    ],
    [
      'a link behind another',
      [
        { name: './a', type: '2', target: '.' },
        { name: './a/evil', type: '2', target: 'x' },
      ],
    ],
    ['a link back from where a later link may be', [{ name: './l', type: '2', target: 'a/../b' }]],
  ])('is refused %s, and nothing is written', async (_, members) => {
    const parent = await makeTempFolder();
    const failure = failureOf(await download(path.join(parent, 'to'), sendingFolder(members)));
    expect(failure.kind).toBe('transfer');
    expect(await readdir(parent)).toEqual([]);
  });

  it.each([
    ['what tar says', '', 'tar: ./../evil: file changed as we read it', 1],
    ['what tar says, further on', '', 'tar: a/../../evil: file changed as we read it', 1],
    ['the sizes of files', '3/./../evil', '', 0],
  ])('cannot have a file replaced by a name in %s', async (_, sizes, messages, status) => {
    const parent = await makeTempFolder();
    await writeFile(path.join(parent, 'evil'), 'before');
    await mkdir(path.join(parent, 'to'));
    const exec = sendingFolder([{ name: './a', content: 'x' }], { messages, sizes, status });
    const failure = failureOf(await download(path.join(parent, 'to'), exec));
    expect(failure.message).toContain('leads elsewhere');
    expect(await readFile(path.join(parent, 'evil'), 'utf8')).toBe('before');
    expect(await readdir(path.join(parent, 'to'))).toEqual([]);
  });

  it('cannot have a file replaced behind a link that it sent', async () => {
    const parent = await makeTempFolder();
    await mkdir(path.join(parent, 'to/sub'), { recursive: true });
    await writeFile(path.join(parent, 'to/sub/kept'), 'before');
    const exec = sendingFolder(
      [
        { name: './a', content: 'x' },
        { name: './link', type: '2', target: 'sub' },
      ],
      { messages: 'tar: ./link/kept: file changed as we read it', status: 1 },
    );
    expect(await download(path.join(parent, 'to'), exec)).toMatchObject({ ok: true });
    expect(await readFile(path.join(parent, 'to/sub/kept'), 'utf8')).toBe('before');
  });

  it('may send devices, of which nothing is made', async () => {
    const to = path.join(await makeTempFolder(), 'to');
    const exec = sendingFolder([
      { name: './null', type: '3' },
      { name: './disk', type: '4' },
      { name: './file', content: 'x' },
    ]);
    expect(await download(to, exec)).toMatchObject({ ok: true, value: { files: 1 } });
    expect(await readdir(to)).toEqual(['file']);
    expect((await lstat(path.join(to, 'file'))).isFile()).toBe(true);
  });

  it('is told from one whose stream was damaged', async () => {
    const parent = await makeTempFolder();
    const archive = Buffer.concat([member({ name: './a', content: 'x' }), Buffer.alloc(10_240)]);
    const exec = sending(
      Buffer.concat([Buffer.from('folder /real\0'), archive]),
      `tar 0\ntee 0\n${sha256(Buffer.from('other'))} *stdin`,
    );
    const failure = failureOf(await download(path.join(parent, 'to'), exec));
    expect(failure.message).toContain('sha256');
    expect(await readdir(parent)).toEqual([]);
  });

  it.each([
    ['more than it announced', 'file 3 644 0\0content', 'content'],
    ['less than it announced', 'file 30 644 0\0content', 'content'],
    ['something else than it read', 'file 7 644 0\0content', 'CONTENT'],
    ['no announcement', 'x'.repeat(10_000), 'x'],
    ['an announcement of nonsense', 'file many 644 0\0content', 'content'],
  ])('is refused when it sends %s of a file', async (_, stream, read) => {
    const parent = await makeTempFolder();
    const exec = sending(Buffer.from(stream), `${sha256(Buffer.from(read))} *stdin\nnow 7`);
    const failure = failureOf(await download(path.join(parent, 'to'), exec));
    expect(failure.kind).toBe('transfer');
    expect(await readdir(parent)).toEqual([]);
  });
});

function bytesPath(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name]);
}
