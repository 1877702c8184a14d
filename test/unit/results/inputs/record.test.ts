import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { renderJson } from '../../../../src/results/document.js';
import { listInputFiles } from '../../../../src/results/inputs/files.js';
import { buildInputs, documentInputs, parseInputs } from '../../../../src/results/inputs/record.js';
import { createThrowawaySeal, provideSeal, readSeal } from '../../../../src/results/inputs/seal.js';
import { nodeSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const scenario = scenarioSpec({ services: [serviceSpec('a'), serviceSpec('b', ['a'])] });
const plan = { scenario, nodes: [nodeSpec()], batches: [], operations: [] };
const discretion = {
  seal: createThrowawaySeal(),
  holdsSecret: () => false,
  namesSecret: () => false,
  secretFiles: new Set<string>(),
};
const inputs = buildInputs(plan, [{ path: 'x', mode: '0644', sha256: 'aa' }], discretion);

describe('inputs.json', () => {
  const written = () =>
    JSON.parse(renderJson(documentInputs('test', '1.0.0', inputs), (text) => text)) as Record<
      string,
      unknown
    >;

  it('is read as it was written', () => {
    expect(parseInputs(written())).toEqual(inputs);
  });

  it('has the same fingerprint whichever version wrote it, and in whatever order', () => {
    const { sha256 } = documentInputs('test', '1.0.0', inputs);
    const reversed = new Map([...inputs.configuration].reverse());
    const other = documentInputs('test', '2.0.0', { ...inputs, configuration: reversed });
    expect(other.sha256).toBe(sha256);
    const changed = documentInputs('test', '1.0.0', { ...inputs, files: [] });
    expect(changed.sha256).not.toBe(sha256);
    expect(changed.parts.configuration).toBe(other.parts.configuration);
  });

  it('is none where somebody has altered it, or wrote another format', () => {
    expect(parseInputs({ ...written(), files: [] })).toBeNull();
    expect(parseInputs({ ...written(), format: 2 })).toBeNull();
    expect(parseInputs({})).toBeNull();
    expect(parseInputs(null)).toBeNull();
  });
});

describe('the files of a scenario', () => {
  it('are listed with mode and fingerprint, links with what they point to', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'sub'));
    await writeFile(path.join(folder, 'sub', 'run.sh'), '');
    await chmod(path.join(folder, 'sub', 'run.sh'), 0o750);
    await symlink('sub/run.sh', path.join(folder, 'link'));
    expect(await listInputFiles(folder)).toEqual([
      { path: 'link', link: 'sub/run.sh' },
      {
        path: 'sub/run.sh',
        mode: '0750',
        sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      },
    ]);
  });
});

describe('the key that seals secrets', () => {
  it('is made once, for its owner only, and seals the same in the same place alike', async () => {
    const root = await makeTempFolder();
    expect(await readSeal(root)).toBeNull();
    const made = await provideSeal(root);
    const again = await provideSeal(root);
    expect(again.keyId).toBe(made.keyId);
    expect(again.seal('env.A', 's')).toEqual(made.seal('env.A', 's'));
    expect(again.seal('env.B', 's')).not.toEqual(made.seal('env.A', 's'));
    const file = path.join(root, '.playbook', 'inputs.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 10));
    expect(await readSeal(root)).toBeNull();
  });
});
