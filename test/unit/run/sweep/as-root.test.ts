import {
  chmod,
  chown,
  mkdir,
  readFile,
  readdir,
  rename,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Clock, systemClock } from '../../../../src/async/clock.js';
import type { Outcome } from '../../../../src/model/failure.js';
import type { Connection } from '../../../../src/remote/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { type HeldRun, nameNode } from '../../../../src/run/journal/holding.js';
import { recoverNode } from '../../../../src/run/recovery/recover-node.js';
import {
  type RunFolders,
  type SweepTarget,
  removeFoldersOf,
  sweep,
} from '../../../../src/run/sweep/sweep.js';
import { startDockerOfRoot } from '../../../support/docker-of-root.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';
import { type Tools, openNode } from '../../remote/transfer/stream/nodes.js';
import { ALL_TOOLS } from '../../remote/transfer/stream/tools.js';

const NOBODY = 65534;
const AS_NOBODY = [
  ...['/usr/bin/setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
] as const;
const [GNU] = ALL_TOOLS as readonly [Tools, ...Tools[]];
const IDENTITY = { run: '20260601_190409', controller: 'c0ffee' };

/** A node whose login is nobody, with a folder of a run there in which a container has written as root. */
async function openMachine(tools: Tools = GNU) {
  const root = await makeTempFolder();
  await chmod(root, 0o755);
  const makeOwn = async (folder: string, mode = 0o755) => {
    await mkdir(folder, { mode });
    await chown(folder, NOBODY, NOBODY);
    return folder;
  };
  const docker = await startDockerOfRoot(await makeOwn(path.join(root, 'docker')));
  await docker.setImages(['sha256:bare1', 'sha256:debian']);
  const base = await makeOwn(path.join(root, 'a "base", it\'s odd'));
  const own = await makeOwn(
    path.join(base, `playbook-${IDENTITY.run}-${IDENTITY.controller}`),
    0o700,
  );
  const scenario = await makeOwn(path.join(own, 'baseline'));
  const cache = path.join(scenario, 'cache');
  await mkdir(cache, { mode: 0o755 });
  await writeFile(path.join(cache, 'model'), '');
  const outside = path.join(root, 'outside');
  await mkdir(outside);
  await writeFile(path.join(outside, 'precious'), '');
  await symlink(outside, path.join(cache, 'link'));

  // Its programs are for everybody.
  if (tools.searchPath !== null) await chmod(tools.searchPath, 0o755);
  const connection = await openNode({
    ...tools,
    shell: [...AS_NOBODY, ...tools.shell],
    searchPath: `${docker.folder}:${tools.searchPath ?? process.env['PATH'] ?? ''}`,
  });
  const pool = createPool(() =>
    Promise.resolve<Outcome<Connection>>({ ok: true, value: connection }),
  );
  onTestFinished(() => pool.closeAll());
  const target = (more: Partial<SweepTarget> = {}): SweepTarget => ({
    node: nodeSpec({ runtime: 'docker' }),
    identity: IDENTITY,
    ...{ bases: [base], emptied: [], kept: [] },
    ...more,
  });
  return {
    ...{ docker, base, own, scenario, cache, outside, makeOwn },
    sweep: (more?: Partial<SweepTarget>) => sweep(pool, target(more)),
    recover: () => {
      const node = nodeSpec({ runtime: 'docker', lockPath: path.join(root, 'lock') });
      const held: HeldRun = {
        ...{ ...IDENTITY, at: '', machine: '', nodes: [nameNode(node)] },
        ...{ bases: new Map([[node.name, [base]]]), kept: new Map() },
        open: new Map([
          [1, { node: node.name, kind: 'project', scenario: 'test', description: 'containers' }],
        ]),
      };
      // Without the pauses between its tries.
      const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
      return recoverNode(held, node, { clock, pool, root, signal: new AbortController().signal });
    },
    removeFolders: (folders: RunFolders) => removeFoldersOf(connection, target(), folders),
  };
}

describe.skipIf(process.getuid?.() !== 0).each(ALL_TOOLS)(
  'what containers have written as root, with $name',
  (tools) => {
    it('is removed by a container that sees nothing but the folder of the run', async () => {
      const machine = await openMachine(tools);
      const { base, docker, outside } = machine;
      expect(await machine.sweep()).toEqual({ ok: true, value: [] });
      expect(await readdir(base)).toEqual([]);
      expect(await readdir(outside)).toEqual(['precious']);
      const words = docker.runs.at(-1)?.join(' ') ?? '';
      expect(docker.runs).toHaveLength(2);
      expect(words).toMatch(
        /^run --rm --network none --user 0 .* --entrypoint sh sha256:debian -c /,
      );
      expect(words).toContain(
        '--label playbook.run=20260601_190409 --label playbook.controller=c0ffee',
      );
      expect(docker.runs.at(-1)?.filter((word) => /^(-v|--volume|--mount)/.test(word))).toEqual([
        '--mount',
      ]);
      const inFields = machine.own.replaceAll('"', '""');
      expect(words).toContain(`type=bind,"source=${inFields}","target=${inFields}"`);
    });

    it('is removed but for what is to be kept, also where the login cannot see that', async () => {
      const machine = await openMachine(tools);
      const kept = path.join(machine.cache, 'results');
      await mkdir(kept);
      await writeFile(path.join(kept, 'result.json'), 'yes');
      await chmod(machine.cache, 0o700);
      await machine.sweep({ kept: [kept] });
      expect(await readFile(path.join(kept, 'result.json'), 'utf8')).toBe('yes');
      expect(await readdir(machine.cache)).toEqual(['results']);
    });

    it('is removed with a folder of a scenario, too, once that is over', async () => {
      const { base, own, scenario, removeFolders } = await openMachine(tools);
      expect(await removeFolders({ folders: [scenario], ownFolders: [own] })).toBeNull();
      expect(await readdir(base)).toEqual([]);
    });
  },
);

describe.skipIf(process.getuid?.() !== 0)('what containers have written as root', () => {
  it('is said to be there, with the reason, where no image can be used', async () => {
    const machine = await openMachine();
    await machine.docker.setImages(['sha256:bare1', 'sha256:bare2']);
    const why =
      `only root can remove what containers wrote in ${machine.own}, and no image there could be used for that: ` +
      'docker: exec: "sh": executable file not found in $PATH.';
    expect(await machine.sweep()).toMatchObject({
      ok: false,
      failure: {
        kind: 'left_behind',
        message: `not everything could be removed: ${why}`,
        output: [`folder ${machine.own}`],
        hint: 'look at it there, then: playbook cleanup',
      },
    });
    const folders = { folders: [machine.scenario] };
    expect((await machine.removeFolders(folders))?.join('\n')).toMatch(
      /Permission denied[^]*only root can remove what containers wrote in /,
    );
    await machine.docker.setImages([]);
    expect(await machine.sweep()).toMatchObject({
      failure: { message: expect.stringMatching(/for that: there is none$/) as string },
    });
  });

  it('is not said to be removed by a recovery that could not remove it', async () => {
    const machine = await openMachine();
    await machine.docker.setImages([]);
    expect(await machine.recover()).toMatchObject({
      ...{ removed: [], left: [`folder ${machine.own}`], failure: { kind: 'left_behind' } },
    });
    await machine.docker.setImages(['sha256:debian']);
    expect(await machine.recover()).toMatchObject({
      ...{ removed: [`folder ${machine.own}`], left: [], failure: null },
    });
  });

  it('is removed from a folder that was to be emptied, which stays', async () => {
    const machine = await openMachine();
    const results = await machine.makeOwn(path.join(machine.base, 'results'));
    await mkdir(path.join(results, 'of root'));
    await writeFile(path.join(results, 'of root', 'file'), '');
    expect(await machine.removeFolders({ emptied: [results] })).toBeNull();
    expect(await readdir(results)).toEqual([]);
  });

  it("stays where the folder is not the login's own: others could have put it there", async () => {
    const machine = await openMachine();
    await chown(machine.own, 0, 0);
    await chmod(machine.own, 0o755);
    expect(await machine.sweep()).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining("is not the login's own") as string },
    });
    expect(machine.docker.runs).toEqual([]);
    expect(await readdir(machine.cache)).toEqual(['link', 'model']);
  });

  it('stays where the container sees another folder than the login did', async () => {
    const machine = await openMachine();
    machine.docker.onRun = async () => {
      machine.docker.onRun = () => Promise.resolve();
      await rename(machine.own, `${machine.own}.moved`);
      await symlink(machine.outside, machine.own);
    };
    await machine.docker.setImages(['sha256:debian']);
    await machine.sweep();
    expect(machine.docker.runs).toHaveLength(1);
    expect(await readdir(machine.outside)).toEqual(['precious']);
  });

  it('stays where the run had no containers on the node', async () => {
    const machine = await openMachine();
    expect(await machine.sweep({ isWithoutContainers: true })).toMatchObject({
      ok: false,
      failure: {
        message: expect.stringMatching(/could be removed: rm: .*Permission denied$/) as string,
        output: [`folder ${machine.own}`],
      },
    });
    expect(machine.docker.runs).toEqual([]);
  });
});
