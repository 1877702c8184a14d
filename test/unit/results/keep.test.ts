import {
  chmod,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { keepResults } from '../../../src/results/keep.js';
import { makeTempFolder } from '../../support/temp-folder.js';

describe('results that are kept', () => {
  it('lie in both runs as the same files, and outlive the former one', async () => {
    const root = await makeTempFolder();
    const from = path.join(root, 'old', 'a');
    const to = path.join(root, 'new', 'a');
    await mkdir(path.join(from, 'test_artifacts', 'empty'), { recursive: true });
    await mkdir(path.join(root, 'new'));
    const odd = Buffer.concat([Buffer.from(`${from}/test_artifacts/`), Buffer.from([0xff, 0x0a])]);
    await writeFile(odd, 'odd');
    await writeFile(path.join(from, 'result_summary.json'), '{}');
    await chmod(path.join(from, 'result_summary.json'), 0o600);
    await symlink('empty', path.join(from, 'test_artifacts', 'link'));
    expect(await keepResults(from, to)).toEqual({ ok: true, value: undefined });

    const names = async (folder: string) =>
      (await readdir(path.join(folder, 'test_artifacts'), 'buffer')).sort((a, b) =>
        Buffer.compare(a, b),
      );
    expect(await names(to)).toEqual(await names(from));
    expect(await names(to)).toHaveLength(3);
    const [was, is] = await Promise.all(
      [from, to].map((folder) => stat(path.join(folder, 'result_summary.json'))),
    );
    expect(is?.ino).toBe(was?.ino);
    await rm(path.join(root, 'old'), { recursive: true });
    expect(await readFile(path.join(to, 'result_summary.json'), 'utf8')).toBe('{}');
    expect(await readlink(path.join(to, 'test_artifacts', 'link'))).toBe('empty');
    expect(await readdir(path.join(root, 'new'))).toEqual(['a']);
  });

  it('leave nothing where they cannot be kept', async () => {
    const root = await makeTempFolder();
    const kept = await keepResults(path.join(root, 'missing'), path.join(root, 'a'));
    expect(kept).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
    expect(await readdir(root)).toEqual([]);
  });
});
