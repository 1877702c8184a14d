import { execFileSync, spawnSync } from 'node:child_process';
import {
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

import { describe, expect, it } from 'vitest';

import { copyTree } from '../../../../src/remote/local/copy.js';
import { transferFailure } from '../../../../src/remote/transfer/failure.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const copy = (from: string, to: string) => copyTree('node1', from, to);

describe('copying on this machine', () => {
  it('keeps names that are no UTF-8, and the longest ones', async () => {
    const from = await makeTempFolder();
    const names = [
      Buffer.from([0xff, 0xfe, 0x41]),
      Buffer.from('x'.repeat(255)),
      Buffer.from('é'.repeat(127)),
    ];
    for (const name of names) {
      await writeFile(Buffer.concat([Buffer.from(`${from}/`), name]), name);
    }
    const to = path.join(await makeTempFolder(), 'to');
    expect(await copy(from, to)).toMatchObject({ ok: true, value: { files: 3 } });
    const copied = await readdir(to, { encoding: 'buffer' });
    expect(copied.map((name) => name.toString('hex')).sort()).toEqual(
      names.map((name) => name.toString('hex')).sort(),
    );
    for (const name of copied) {
      expect(await readFile(Buffer.concat([Buffer.from(`${to}/`), name]))).toEqual(name);
    }
  });

  it('keeps the time of a file', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'old'), 'x');
    await utimes(path.join(from, 'old'), 1_000_000, 1_000_000.5);
    const to = await makeTempFolder();
    await copy(from, to);
    expect((await stat(path.join(to, 'old'))).mtimeMs).toBe(1_000_000_500);
  });

  it('leaves out sockets, pipes and devices, which hold no content', async () => {
    const from = await makeTempFolder();
    execFileSync('/bin/sh', ['-c', 'mkfifo pipe'], { cwd: from });
    await writeFile(path.join(from, 'file'), 'x');
    const to = await makeTempFolder();
    expect(await copy(from, to)).toMatchObject({ ok: true, value: { files: 1 } });
    expect(await readdir(to)).toEqual(['file']);
  });

  it('follows a link that is itself what is copied', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'real'));
    await writeFile(path.join(folder, 'real/file'), 'x');
    await symlink('real', path.join(folder, 'link'));
    await symlink('real/file', path.join(folder, 'link-to-file'));
    expect(await copy(path.join(folder, 'link'), path.join(folder, 'a'))).toMatchObject({
      ok: true,
    });
    expect(await copy(path.join(folder, 'link-to-file'), path.join(folder, 'b'))).toMatchObject({
      ok: true,
    });
    expect(await readFile(path.join(folder, 'a/file'), 'utf8')).toBe('x');
    expect(await readFile(path.join(folder, 'b'), 'utf8')).toBe('x');
  });

  it('refuses a link that seems to stay inside but is led outside by another', async () => {
    const parent = await makeTempFolder();
    const from = path.join(parent, 'from');
    await mkdir(path.join(from, 'a/b/c'), { recursive: true });
    await symlink('../../..', path.join(from, 'a/b/c/root'));
    await symlink('a/b/c/root/../etc', path.join(from, 'trick'));
    await mkdir(path.join(parent, 'etc'));
    const result = await copy(from, path.join(await makeTempFolder(), 'to'));
    expect(result).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
    expect(result.ok ? '' : result.failure.message).toContain('trick');
  });

  it('keeps links that lead in circles', async () => {
    const from = await makeTempFolder();
    await symlink('self', path.join(from, 'self'));
    const to = await makeTempFolder();
    expect(await copy(from, to)).toMatchObject({ ok: true });
    expect(await readlink(path.join(to, 'self'))).toBe('self');
  });

  it('leaves no descriptor behind, however often', async () => {
    const from = await makeTempFolder();
    for (let index = 0; index < 20; index += 1) await writeFile(path.join(from, `f${index}`), 'x');
    const to = await makeTempFolder();
    await copy(from, to);
    const before = (await readdir('/dev/fd')).length;
    for (let round = 0; round < 50; round += 1) {
      await copy(from, to);
      await copy(from, '/dev/null/not-a-folder');
    }
    expect((await readdir('/dev/fd')).length).toBeLessThanOrEqual(before);
  });

  it('copies many files at once', async () => {
    const from = await makeTempFolder();
    const names = Array.from({ length: 300 }, (_, index) => `f${index}`);
    for (const name of names) await writeFile(path.join(from, name), name);
    const to = await makeTempFolder();
    expect(await copy(from, to)).toMatchObject({ ok: true, value: { files: 300 } });
    for (const name of names) expect(await readFile(path.join(to, name), 'utf8')).toBe(name);
  });
});

describe('a full disk', () => {
  it('is told as such', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    });
    const failure = transferFailure(error, 'node1', '/from', '/to');
    expect(failure).toMatchObject({ kind: 'disk_full', node: 'node1' });
    expect(failure.message).toContain('/to');
  });

  const canMount = spawnSync('/bin/sh', ['-c', 'unshare -rm true']).status === 0;
  it.runIf(canMount)('leaves no partial file there, and the original here', async () => {
    const from = await makeTempFolder();
    await writeFile(path.join(from, 'big'), Buffer.alloc(3_000_000));
    const disk = await makeTempFolder();
    const copyModule = new URL('../../../../src/remote/local/copy.ts', import.meta.url).href;
    const program = `
      import { readdirSync } from 'node:fs';
      const { copyTree } = await import(${JSON.stringify(copyModule)});
      const result = await copyTree('node1', ${JSON.stringify(from)}, ${JSON.stringify(disk)});
      console.log(JSON.stringify([result, readdirSync(${JSON.stringify(disk)})]));`;
    const printed = execFileSync(
      '/bin/sh',
      [
        '-c',
        `exec unshare -rm sh -c 'mount -t tmpfs -o size=1m none "$0" && exec "$@"' "$0" "$@"`,
        disk,
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        program,
      ],
      { encoding: 'utf8' },
    );
    const [result, left] = JSON.parse(printed) as [unknown, string[]];
    expect(result).toMatchObject({ ok: false, failure: { kind: 'disk_full', node: 'node1' } });
    expect(left).toEqual([]);
    expect((await stat(path.join(from, 'big'))).size).toBe(3_000_000);
  });
});
