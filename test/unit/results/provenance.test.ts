import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Connection } from '../../../src/remote/connection.js';
import { gatherProvenance, type Provenance } from '../../../src/results/provenance.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { openNode } from './connection.js';

interface TestProject {
  readonly root: string;
  readonly scenario: string;
  readonly node: Connection;
  readonly git: (...args: readonly string[]) => Promise<string>;
  readonly gather: () => Promise<Provenance>;
}

async function makeProject(): Promise<TestProject> {
  const root = await makeTempFolder();
  const scenario = path.join(root, 'scenarios/001_a');
  await mkdir(path.join(scenario, 'sub'), { recursive: true });
  await writeFile(path.join(scenario, 'metadata.yaml'), 'name: a\n');
  await writeFile(path.join(scenario, 'sub/.env'), 'A=1\n');
  const node = await openNode(root);
  return {
    root,
    scenario,
    node,
    async git(...args) {
      const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
      const result = await node.exec({ argv: ['git', ...identity, '-C', root, ...args] });
      expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
      return result.stdout.toString().trim();
    },
    async gather() {
      const gathered = await gatherProvenance(node, root, scenario);
      if (!gathered.ok) throw new Error(gathered.failure.message);
      return gathered.value;
    },
  };
}

describe('the provenance of a result', () => {
  it('has the hashes of the scenario’s files, and who ran it', async () => {
    const { gather } = await makeProject();
    const hash = (content: string) => createHash('sha256').update(content).digest('hex');
    const { files, hostname, user } = await gather();
    expect(files).toEqual([
      { path: 'metadata.yaml', mode: '0644', sha256: hash('name: a\n') },
      { path: 'sub/.env', mode: '0644', sha256: hash('A=1\n') },
    ]);
    expect(hostname).not.toBe('');
    expect(user).not.toBe('');
  });

  it('has no git state where the project is no checkout, or has no commit', async () => {
    const { gather, git } = await makeProject();
    expect((await gather()).git).toBeNull();
    await git('init', '-q');
    expect((await gather()).git).toBeNull();
  });

  it('has the commit, and whether something is not as it was committed', async () => {
    const { root, gather, git } = await makeProject();
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', 'all');
    const commit = await git('rev-parse', 'HEAD');
    expect((await gather()).git).toEqual({ commit, dirty: false });

    for (const written of ['results/20260601_190409', 'logs', '.playbook/work']) {
      await mkdir(path.join(root, written), { recursive: true });
      await writeFile(path.join(root, written, 'file'), '');
    }
    expect((await gather()).git).toEqual({ commit, dirty: false });

    await writeFile(path.join(root, 'scenarios/001_a/new.sh'), '');
    expect((await gather()).git).toEqual({ commit, dirty: true });
  });
});
