import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { writeAtomically } from '../../../src/results/files/atomic-file.js';
import { fileFailure } from '../../../src/results/files/file-failure.js';
import { makeTempFolder } from '../../support/temp-folder.js';

describe('writing a file atomically', () => {
  it('writes the content and leaves nothing else', async () => {
    const folder = await makeTempFolder();
    expect(await writeAtomically(path.join(folder, 'a.json'), 'new')).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await readFile(path.join(folder, 'a.json'), 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('leaves the old file as it was where it fails', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'a.json'));
    const written = await writeAtomically(path.join(folder, 'a.json'), 'new');
    expect(written).toMatchObject({ ok: false, failure: { kind: 'transfer', node: 'controller' } });
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('says so where the disk is full', () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    expect(fileFailure(full, 'could not write /results/a')).toMatchObject({
      kind: 'disk_full',
      message: 'could not write /results/a: no space left on the device',
      node: 'controller',
    });
  });

  it('passes on what no file system has said', () => {
    expect(() => fileFailure(new TypeError('bug'), 'x')).toThrow('bug');
  });

  it('never shows half a file, whenever the process is killed', async () => {
    const folder = await makeTempFolder();
    const file = path.join(folder, 'a.json');
    const module = fileURLToPath(
      new URL('../../../src/results/files/atomic-file.ts', import.meta.url),
    );
    const script = path.join(folder, 'writer.mts');
    await writeFile(
      script,
      `import { writeAtomically } from ${JSON.stringify(module)};
       for (let index = 0; ; index += 1) {
         await writeAtomically(${JSON.stringify(file)}, JSON.stringify({ index, filler: 'x'.repeat(200_000) }));
         if (index === 0) process.stdout.write('begun');
       }`,
    );
    const writer = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    for (let reads = 0; reads < 50; reads += 1) {
      const content = JSON.parse(await readFile(file, 'utf8')) as { filler: string };
      expect(content.filler).toHaveLength(200_000);
    }
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('index');
  });
});
