import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { reserveFile } from '../../../src/results/files/reserved-file.js';
import { makeTempFolder } from '../../support/temp-folder.js';

async function reserved(file: string, bytes: number, writes: number) {
  const outcome = await reserveFile(file, { bytes, writes });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

describe('a file that room is reserved for', () => {
  it('is written as any other, and leaves nothing else', async () => {
    const folder = await makeTempFolder();
    const file = path.join(folder, 'a.json');
    const own = await reserved(file, 1_000, 2);
    expect(await readdir(folder)).toHaveLength(2);
    expect(await own.write('first')).toEqual({ ok: true, value: undefined });
    expect(await own.write('second')).toEqual({ ok: true, value: undefined });
    await own.release();
    expect(await readFile(file, 'utf8')).toBe('second');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'FAULTS 13: is written on a full disk as often as it was to be, and then stays as it was',
    async () => {
      const disk = path.join(await makeTempFolder(), 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', disk]);
      onTestFinished(() => void execFileSync('umount', [disk]));
      const file = path.join(disk, 'a.json');
      const tooMuch = await reserveFile(file, { bytes: 300_000, writes: 1 });
      expect(tooMuch).toMatchObject({ ok: false, failure: { kind: 'disk_full' } });
      expect(await readdir(disk)).toEqual([]);

      const own = await reserved(file, 10_000, 2);
      await expect(writeFile(path.join(disk, 'theirs'), Buffer.alloc(300_000))).rejects.toThrow();
      const long = 'x'.repeat(9_000);
      expect(await own.write(`${long}1`)).toEqual({ ok: true, value: undefined });
      expect(await own.write(`${long}2`)).toEqual({ ok: true, value: undefined });
      expect(await readFile(file, 'utf8')).toBe(`${long}2`);
      // What the first one had is free again, and soon somebody else's.
      await expect(
        writeFile(path.join(disk, 'theirs, too'), Buffer.alloc(300_000)),
      ).rejects.toThrow();
      const third = await own.write(`${long}3`);
      expect(third).toMatchObject({ ok: false, failure: { kind: 'disk_full' } });
      expect(await readFile(file, 'utf8')).toBe(`${long}2`);
      await own.release();
      expect((await readdir(disk)).sort()).toEqual(['a.json', 'theirs', 'theirs, too']);
    },
  );
});
