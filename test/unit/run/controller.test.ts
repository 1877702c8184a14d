import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryName } from '../../../src/results/files/atomic-file.js';
import { controllerToken, openController } from '../../../src/run/controller.js';
import { makeTempFolder } from '../../support/temp-folder.js';

async function tokenOf(root: string): Promise<string> {
  const opened = await openController(root);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

describe('the token of a controller', () => {
  it('is drawn once for a project, and stays what it is', async () => {
    const root = await makeTempFolder();
    const token = await tokenOf(root);
    expect(token).toMatch(/^[0-9a-f]{6}$/);
    expect(await tokenOf(root)).toBe(token);
    expect(controllerToken(root)).toBe(token);
  });

  it('leaves nothing of an identity that was being drawn when a run was killed', async () => {
    const root = await makeTempFolder();
    await tokenOf(root);
    const file = path.join(root, '.playbook', 'identity');
    await writeFile(temporaryName(file), 'half');
    await tokenOf(root);
    expect(await readdir(path.dirname(file))).toEqual(['identity']);
  });

  it('is another one for another project, although it goes by the same path on a machine of the same name', async () => {
    const root = path.join(await makeTempFolder(), 'bench');
    const first = await tokenOf(root);
    await rename(root, `${root}.aside`);
    expect(await tokenOf(root)).not.toBe(first);
  });

  it('goes along with a project that is moved', async () => {
    const root = path.join(await makeTempFolder(), 'bench');
    const token = await tokenOf(root);
    await rename(root, `${root}.moved`);
    expect(controllerToken(`${root}.moved`)).toBe(token);
    expect(await tokenOf(`${root}.moved`)).toBe(token);
  });

  it('does not go along with a copy, with or without what playbook keeps there', async () => {
    const root = path.join(await makeTempFolder(), 'bench');
    const token = await tokenOf(root);
    await cp(root, `${root}.copy`, { recursive: true, preserveTimestamps: true });
    expect(await readFile(`${root}.copy/.playbook/identity`, 'utf8')).toBe(
      await readFile(`${root}/.playbook/identity`, 'utf8'),
    );
    expect(await tokenOf(`${root}.copy`)).not.toBe(token);
    await mkdir(`${root}.clone`);
    expect(await tokenOf(`${root}.clone`)).not.toBe(token);
    expect(await tokenOf(root)).toBe(token);
  });

  it('does not change while a process works with it', async () => {
    const root = await makeTempFolder();
    const token = await tokenOf(root);
    await rm(path.join(root, '.playbook'), { recursive: true });
    expect(controllerToken(root)).toBe(token);
  });

  it('is a failure before anything is done, where it cannot be kept', async () => {
    const root = await makeTempFolder();
    await writeFile(path.join(root, '.playbook'), '');
    expect(await openController(root)).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
  });
});
