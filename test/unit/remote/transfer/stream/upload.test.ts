import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Connection } from '../../../../../src/remote/connection.js';
import type { Exec } from '../../../../../src/remote/transfer/stream/context.js';
import { uploadByStream } from '../../../../../src/remote/transfer/stream/upload/upload.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { changingInput, damage } from './inputs.js';
import { contextOf, failureOf, openNode } from './nodes.js';
import { ALL_TOOLS } from './tools.js';

const MB = 1024 * 1024;

describe.each(ALL_TOOLS)('uploading as a stream to a node with $name', (tools) => {
  let connection: Connection;
  const upload = (
    from: string,
    to: string,
    exec: Exec = (command, options) => connection.exec(command, options),
  ) => uploadByStream(from, to, contextOf({ node: 'node1', exec }));

  beforeAll(async () => {
    connection = await openNode(tools);
  });
  afterAll(() => connection.close());

  it('keeps names that are no UTF-8, that a shell would take apart, and the longest ones', async () => {
    const from = await makeTempFolder();
    const names = [
      ...Array.from({ length: 255 }, (_, index) => Buffer.from([index + 1])).filter(
        ([byte]) => byte !== 0x2f && byte !== 0x2e,
      ),
      Buffer.from('x'.repeat(255)),
      Buffer.from('é'.repeat(127)),
      Buffer.from('$(touch x) `y` "z" \'\\'),
      Buffer.from('--help'),
      Buffer.from('...'),
    ];
    for (const name of names) await writeFile(bytesPath(from, name), name);
    const deep = path.join(from, 'd'.repeat(200), 'e'.repeat(200));
    await mkdir(deep, { recursive: true });
    await symlink(`../${'e'.repeat(200)}/file`, path.join(deep, 'link'));
    const to = path.join(await makeTempFolder(), 'to');
    expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: names.length } });
    // And once more, over what is there.
    expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: names.length } });
    for (const name of names) expect(await readFile(bytesPath(to, name))).toEqual(name);
    expect(await readdir(to)).toHaveLength(names.length + 1);
    expect(await readlink(path.join(to, 'd'.repeat(200), 'e'.repeat(200), 'link'))).toBe(
      `../${'e'.repeat(200)}/file`,
    );
  });

  it('keeps modes and times', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'unreadable'), 'x', { mode: 0o200 });
    await writeFile(path.join(from, 'script'), 'x');
    await chmod(path.join(from, 'script'), 0o4751);
    await utimes(path.join(from, 'script'), 1_000_000, 1_000_000);
    await mkdir(path.join(from, 'closed/within'), { recursive: true });
    await writeFile(path.join(from, 'closed/within/file'), 'x');
    await utimes(path.join(from, 'closed/within'), 2_000_000, 2_000_000);
    await chmod(path.join(from, 'closed/within'), 0o500);
    await chmod(path.join(from, 'closed'), 0o111);
    const to = path.join(await makeTempFolder(), 'to');
    for (let round = 0; round < 2; round += 1) {
      expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: 3 } });
      const modes: string[] = [];
      for (const name of ['unreadable', 'script', 'closed', 'closed/within']) {
        modes.push(((await stat(path.join(to, name))).mode & 0o7777).toString(8));
      }
      expect(modes).toEqual(['200', '4751', '111', '500']);
      expect((await stat(path.join(to, 'script'))).mtimeMs).toBe(1_000_000_000);
    }
    const fresh = path.join(await makeTempFolder(), 'fresh');
    await upload(from, fresh);
    // Not every tar sets the time of a folder.
    const { mtimeMs } = await stat(path.join(fresh, 'closed/within'));
    expect(mtimeMs).toBeGreaterThanOrEqual(2_000_000_000);
    const single = path.join(await makeTempFolder(), 'single');
    expect(await upload(path.join(from, 'script'), single)).toMatchObject({ ok: true });
    expect((await stat(single)).mtimeMs).toBe(1_000_000_000);
    expect((await stat(single)).mode & 0o7777).toBe(0o4751);
    for (const root of [from, to, fresh]) await chmod(path.join(root, 'closed'), 0o755);
  });

  it('brings empty files and an empty folder', async () => {
    const from = await makeTempFolder();
    const to = await makeTempFolder();
    expect(await upload(from, path.join(to, 'folder'))).toEqual({
      ok: true,
      value: { files: 0, bytes: 0 },
    });
    await writeFile(path.join(from, 'empty'), '');
    expect(await upload(path.join(from, 'empty'), path.join(to, 'file'))).toEqual({
      ok: true,
      value: { files: 1, bytes: 0 },
    });
    expect(await readdir(path.join(to, 'folder'))).toEqual([]);
    expect(await readFile(path.join(to, 'file'), 'utf8')).toBe('');
  });

  it('brings many files into folders that are there, and leaves the rest of them', async () => {
    const from = await makeTempFolder();
    const to = await makeTempFolder();
    await mkdir(path.join(from, 'old/new'), { recursive: true });
    await mkdir(path.join(to, 'old'));
    await writeFile(path.join(to, 'old/stays'), 'stays');
    for (let index = 0; index < 450; index += 1) {
      await writeFile(path.join(from, 'old', `f${index}`), `${index}`);
      await writeFile(path.join(from, 'old/new', `.f${index}`), `${index}`);
      if (index % 3 === 0) await writeFile(path.join(to, 'old', `f${index}`), 'before');
    }
    expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: 900 } });
    expect(await readdir(to)).toEqual(['old']);
    expect(await readdir(path.join(to, 'old'))).toHaveLength(452);
    expect(await readdir(path.join(to, 'old/new'))).toHaveLength(450);
    expect(await readFile(path.join(to, 'old/stays'), 'utf8')).toBe('stays');
    for (const index of [0, 1, 199, 200, 449]) {
      expect(await readFile(path.join(to, 'old', `f${index}`), 'utf8')).toBe(`${index}`);
    }
  });

  it('does not put a folder in the place of a file, nor a file in that of a folder', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'a'));
    await writeFile(path.join(from, 'a/x'), 'x');
    const to = await makeTempFolder();
    await writeFile(path.join(to, 'a'), 'a file');
    expect(failureOf(await upload(from, to)).kind).toBe('transfer');
    expect(failureOf(await upload(path.join(from, 'a'), path.join(to, 'a'))).kind).toBe('transfer');
    expect(await readFile(path.join(to, 'a'), 'utf8')).toBe('a file');
    await mkdir(path.join(to, 'folder'));
    const refused = failureOf(await upload(path.join(from, 'a/x'), path.join(to, 'folder')));
    expect(refused.message).toContain('is a folder');
    expect((await readdir(to)).sort()).toEqual(['a', 'folder']);
    expect(await readdir(path.join(to, 'folder'))).toEqual([]);
  });

  it.each([
    ['a file', 0],
    ['a large file', 40],
  ])('does not bring %s that became shorter meanwhile', async (_, megabytes) => {
    const from = await makeTempFolder();
    // Chunks are made ahead, so the file has to be further on than that.
    await writeFile(path.join(from, 'a'), Buffer.alloc(megabytes * MB + 20 * MB));
    const to = await makeTempFolder();
    await writeFile(path.join(to, 'before'), 'x');
    let isShort = false;
    const exec: Exec = (command, options) =>
      connection.exec(command, {
        ...options,
        ...changingInput(options, async () => {
          if (!isShort) await truncate(path.join(from, 'a'), 100);
          isShort = true;
        }),
      });
    const failure = failureOf(await upload(path.join(from, 'a'), path.join(to, 'a'), exec));
    expect(failure).toMatchObject({ kind: 'transfer', node: 'node1' });
    expect(failure.message).toContain('became shorter');
    expect(await readdir(to)).toEqual(['before']);
  });

  it('leaves what was there, and nothing else, when the content is damaged on the way', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), Buffer.alloc(100_000, 1));
    const to = await makeTempFolder();
    await writeFile(path.join(to, 'a'), 'before');
    const exec: Exec = (command, options) =>
      connection.exec(command, {
        ...options,
        ...(options?.stdin && { stdin: Readable.from(damage(options.stdin, 60_000)) }),
      });
    for (const [source, target] of [
      [from, to],
      [path.join(from, 'a'), path.join(to, 'a')],
    ] as const) {
      const failure = failureOf(await upload(source, target, exec));
      expect(failure.kind).toBe('transfer');
      expect(failure.message).toContain('sha256');
      expect(await readdir(to)).toEqual(['a']);
      expect(await readFile(path.join(to, 'a'), 'utf8')).toBe('before');
    }
  });

  it('leaves what was there when it is cancelled, and nothing else', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), Buffer.alloc(30 * MB, 1));
    const to = await makeTempFolder();
    await writeFile(path.join(to, 'a'), 'before');
    for (const [source, target] of [
      [from, to],
      [path.join(from, 'a'), path.join(to, 'a')],
    ] as const) {
      const cancel = new AbortController();
      const outcome = await uploadByStream(source, target, contextOf(connection), {
        signal: cancel.signal,
        onProgress: () => cancel.abort(),
      });
      expect(failureOf(outcome).kind).toBe('cancelled');
      expect(await readdir(to)).toEqual(['a']);
      expect(await readFile(path.join(to, 'a'), 'utf8')).toBe('before');
    }
  });

  it('removes what a dead transfer left, and leaves what another works on', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'a'), 'x');
    const to = await makeTempFolder();
    const name = path.basename(to);
    const dead = execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
    const stale = `.${name}.${hostname()}.${dead}.part`;
    const alive = `.${name}.${hostname()}.${process.pid}.part`;
    const foreign = `.${name}.elsewhere.${dead}.part`;
    for (const folder of [stale, alive, foreign]) {
      await mkdir(path.join(to, folder, 'tree'), { recursive: true });
    }
    expect(await upload(from, to)).toMatchObject({ ok: true });
    expect((await readdir(to)).sort()).toEqual([alive, foreign, 'a'].sort());
  });

  it('leaves out pipes, and does not wait for one', async () => {
    const from = await makeTempFolder();
    execFileSync('mkfifo', [path.join(from, 'pipe')]);
    await writeFile(path.join(from, 'a'), 'x');
    const to = path.join(await makeTempFolder(), 'to');
    expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: 1 } });
    const single = failureOf(await upload(path.join(from, 'pipe'), to));
    expect(single.message).toContain('neither a file nor a folder');
  });

  it('keeps links as they are', async () => {
    const from = await makeTempFolder();
    await mkdir(path.join(from, 'sub'));
    await symlink('..', path.join(from, 'sub/up'));
    await symlink(path.join(from, 'sub'), path.join(from, 'absolute'));
    const to = path.join(await makeTempFolder(), 'to');
    for (let round = 0; round < 2; round += 1) {
      expect(await upload(from, to)).toMatchObject({ ok: true, value: { files: 0 } });
      expect(await readlink(path.join(to, 'sub/up'))).toBe('..');
      expect(await readlink(path.join(to, 'absolute'))).toBe('sub');
      expect((await lstat(path.join(to, 'sub'))).isDirectory()).toBe(true);
    }
  });
});

function bytesPath(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), name]);
}
