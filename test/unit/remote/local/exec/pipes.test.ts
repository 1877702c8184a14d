import { existsSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it, onTestFinished, vi } from 'vitest';

import { closePipe, createPipeSupply } from '../../../../../src/remote/local/exec/pipes.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';

it('a supply of pipes leaves no folder, and takes along what one that was killed has left', async () => {
  const temporary = await makeTempFolder();
  vi.stubEnv('TMPDIR', temporary);
  onTestFinished(() => void vi.unstubAllEnvs());
  const [abandoned, inUse, another] = ['playbook-pipes-old', 'playbook-pipes-new', 'playbook-x'];
  for (const name of [abandoned, inUse, another]) {
    await mkdir(path.join(temporary, name));
    await writeFile(path.join(temporary, name, '0'), '');
  }
  const longAgo = new Date(Date.now() - 120_000);
  for (const name of [abandoned, another])
    await utimes(path.join(temporary, name), longAgo, longAgo);

  const supply = createPipeSupply();
  const pipe = await supply.take();
  if (!pipe) throw new Error('no pipe');
  closePipe(pipe);
  supply.close();
  await expect.poll(() => existsSync(path.join(temporary, abandoned))).toBe(false);
  expect((await readdir(temporary)).sort()).toEqual([inUse, another]);
});
