import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Outcome } from '../../../../src/model/failure.js';
import type { Connection } from '../../../../src/remote/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { type SweepTarget, listRemains, sweep } from '../../../../src/run/sweep/sweep.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';
import { openTerminal, TERMINAL_MISSING } from '../../../support/terminal.js';
import { GNU, type Tools, openNode } from '../../remote/transfer/stream/nodes.js';
import { ALL_TOOLS } from '../../remote/transfer/stream/tools.js';

const SHELLS: readonly Tools[] = [
  ...ALL_TOOLS,
  { ...GNU, name: 'dash', shell: ['dash'] },
  { ...GNU, name: 'bash', shell: ['bash', '--posix'] },
];

let count = 0;

/** A run of its own, and a machine where it may have left something. */
async function openMachine(tools: Tools) {
  count += 1;
  const identity = { run: `20260601_1904${process.pid}-${count}`, controller: 'c0ffee' };
  const connection = await openNode(tools);
  const pool = createPool(() =>
    Promise.resolve<Outcome<Connection>>({ ok: true, value: connection }),
  );
  onTestFinished(() => pool.closeAll());
  const base = path.join(await makeTempFolder(), "a base, it's odd");
  await mkdir(base);
  const target = (more: Partial<SweepTarget> = {}): SweepTarget => ({
    node: nodeSpec(),
    identity,
    bases: [base, '/nonexistent'],
    emptied: [],
    kept: [],
    ...more,
  });
  return {
    identity,
    base,
    target,
    own: path.join(base, `playbook-${identity.run}-${identity.controller}`),
    list: async (more?: Partial<SweepTarget>) => valueOf(await listRemains(pool, target(more))),
    sweep: async (more?: Partial<SweepTarget>) => valueOf(await sweep(pool, target(more))),
    pool,
  };
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

async function start(
  script: string,
  env: Record<string, string>,
  { cwd = '/', uid }: { cwd?: string; uid?: number } = {},
): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', `${script}; echo up; exec sleep 60`], {
    cwd,
    ...(uid !== undefined && { uid }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // Gone, as it should be.
    }
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Resolves once it is over. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => void child.once('exit', () => resolve()));
}

const marksOf = ({ run, controller }: SweepTarget['identity']) => ({
  PLAYBOOK_RUN: run,
  PLAYBOOK_CONTROLLER: controller,
});

describe.each(SHELLS)('the broom, with $name', (tools) => {
  it('finds and kills processes by both marks, forked ones too, and no stranger', async () => {
    const machine = await openMachine(tools);
    const { run } = machine.identity;
    const marks = marksOf(machine.identity);
    const strangers = await Promise.all([
      start('true', { ...marks, PLAYBOOK_CONTROLLER: 'abcdef' }),
      start('true', { ...marks, PLAYBOOK_RUN: `${run}-2` }),
      start('true', { PLAYBOOK_RUN: run }),
      start('true', { TEXT: `PLAYBOOK_RUN=${run}`, OTHER: 'PLAYBOOK_CONTROLLER=c0ffee' }),
    ]);
    // Ignores all that can be ignored, and starts what has left its group and session.
    const ours = await start("trap '' TERM HUP INT; setsid sleep 61 & true", marks);
    const ended = new Promise((resolve) => ours.once('exit', resolve));

    const found = await machine.list();
    expect(found.map(({ kind }) => kind)).toEqual(['process', 'process']);
    expect(found.some(({ description }) => description.startsWith(`${ours.pid} (`))).toBe(true);
    expect(isAlive(ours)).toBe(true);

    expect(await machine.sweep()).toEqual([]);
    await ended;
    expect(await machine.list()).toEqual([]);
    expect(strangers.map(isAlive)).toEqual([true, true, true, true]);
  });

  it('removes the folders of the run, also such that cannot be written to, and none besides', async () => {
    const { own, base, list, sweep: force } = await openMachine(tools);
    await mkdir(path.join(own, 'baseline', 'locked'), { recursive: true });
    await writeFile(path.join(own, 'baseline', '.env'), '');
    await writeFile(path.join(own, 'baseline', 'locked', '-n two\nlines'), '');
    await chmod(path.join(own, 'baseline', 'locked'), 0o500);
    await mkdir(path.join(base, `.${path.basename(own)}.host.12.part`));
    const others = [`${path.basename(own)}-2`, 'playbook-notes', `x${path.basename(own)}`];
    for (const other of others) await mkdir(path.join(base, other));
    const outside = await makeTempFolder();
    await writeFile(path.join(outside, 'precious'), '');
    await symlink(outside, path.join(own, 'link'));

    expect((await list()).map(({ kind }) => kind)).toEqual(['folder', 'folder']);
    expect(await force()).toEqual([]);
    expect((await readdir(base)).sort()).toEqual([...others].sort());
    expect(await readdir(outside)).toEqual(['precious']);
    expect(await force()).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0).each([
    ['something in it', 'mounted'],
    ['the folder itself', '.'],
  ])('says why where %s cannot be removed', async (_, place) => {
    const { own, pool, target, list } = await openMachine(tools);
    const mounted = path.join(own, place);
    await mkdir(mounted, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mounted]);
    onTestFinished(() => void execFileSync('umount', [mounted]));
    expect(await sweep(pool, target())).toMatchObject({
      ok: false,
      failure: {
        kind: 'left_behind',
        message: expect.stringMatching(/^not everything could be removed: .*busy/i) as string,
        output: [`folder ${own}`],
      },
    });
    expect(await list()).toMatchObject([{ kind: 'folder', description: own }]);
  });

  it('empties folders that belonged to the run, and spares what is to be kept', async () => {
    const { own, base, list, sweep: force } = await openMachine(tools);
    const emptied = path.join(base, 'results here');
    await mkdir(path.join(emptied, 'a'), { recursive: true });
    await writeFile(path.join(emptied, 'a', 'result.json'), '');
    const kept = path.join(own, 'baseline', 'results');
    await mkdir(kept, { recursive: true });
    await writeFile(path.join(kept, 'precious.json'), 'yes');
    await writeFile(path.join(own, 'baseline', 'docker-compose.yml'), '');
    await mkdir(path.join(own, 'baseline.state'));

    const options = { emptied: [`${emptied}/`, '/nonexistent/results'], kept: [kept] };
    expect((await list(options)).map(({ description }) => description)).toEqual([
      own,
      `what is in ${emptied}`,
    ]);
    expect(await force(options)).toEqual([]);
    expect(await readdir(emptied)).toEqual([]);
    expect(await readdir(own)).toEqual(['baseline']);
    expect(await readdir(path.join(own, 'baseline'))).toEqual(['results']);
    expect(await readFile(path.join(kept, 'precious.json'), 'utf8')).toBe('yes');
    expect(await list(options)).toEqual([]);
    // Once they were brought home, they go, too.
    expect(await force({ emptied: [emptied] })).toEqual([]);
    expect(await readdir(base)).toEqual(['results here']);
  });

  it('kills the group of a service on record that has thrown its marks away', async () => {
    const { own, list, sweep: force } = await openMachine(tools);
    await mkdir(path.join(own, 'baseline.state'), { recursive: true });
    const record = path.join(own, 'baseline.state', 'p-1.pid');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const service = await start('true', {});
    const stranger = await start('true', {});
    const began = async ({ pid }: ChildProcess) =>
      (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19];
    await writeFile(record, `${service.pid} ${await began(service)} ${boot} 0\n`);
    // A number that was given away again.
    await writeFile(path.join(own, 'baseline.state', 'old.pid'), `${stranger.pid} 17 ${boot} 0\n`);
    const ended = new Promise((resolve) => service.once('exit', resolve));

    expect((await list()).map(({ description }) => description)).toEqual([
      `group ${service.pid}`,
      own,
    ]);
    expect(await force()).toEqual([]);
    await ended;
    expect(isAlive(stranger)).toBe(true);
  });

  it('kills who lives in a folder of the run, marked or not, also once that is gone', async () => {
    const { own, base, list, sweep: force } = await openMachine(tools);
    const working = path.join(own, 'baseline');
    await mkdir(working, { recursive: true });
    await copyFile('/bin/sleep', path.join(working, 'engine'));
    const residents = await Promise.all([
      start('true', {}, { cwd: own }),
      start('true', {}, { cwd: working }),
      start('exec 2>>log', {}, { cwd: working }),
      start(`cd /; exec 2>>"${working}/log"`, {}, { cwd: working }),
      start(`echo up; cd /; exec "${working}/engine" 60`, {}, { cwd: working }),
    ]);
    const strangers = await Promise.all([
      start('true', {}, { cwd: base }),
      start(`exec 3<"${working}/log"`, {}),
      start('true', {}, { cwd: await mkdtemp(`${own}-`) }),
    ]);
    const pids = async () =>
      (await list()).flatMap(({ kind, description }) =>
        kind === 'process' ? Number.parseInt(description) : [],
      );
    const wanted = residents.map(({ pid }) => pid).sort();
    await expect.poll(async () => (await pids()).sort()).toEqual(wanted);
    const ends = residents.map(endOf);
    await rm(own, { recursive: true });
    expect((await pids()).sort()).toEqual(wanted);

    expect(await force()).toEqual([]);
    await Promise.all(ends);
    expect(strangers.map(isAlive)).toEqual([true, true, true]);
  });

  it('does not sweep itself away, though it may bear the marks', async () => {
    const machine = await openMachine(tools);
    const before = { ...process.env };
    Object.assign(process.env, marksOf(machine.identity));
    onTestFinished(() => {
      process.env = before;
    });
    await mkdir(machine.own);
    expect(await machine.list()).toMatchObject([{ kind: 'folder' }]);
    expect(await machine.sweep()).toEqual([]);
  });
});

describe('the broom', () => {
  it('knows who lives in a folder of the run by whatever path it got there, and however it is called', async () => {
    const { own, base, target, pool } = await openMachine(GNU);
    await mkdir(own);
    const link = path.join(await makeTempFolder(), 'link');
    await symlink(base, link);
    const nameless = await start(
      `echo up; exec perl -e '$0 = ""; sleep 60'`,
      {},
      { cwd: path.join(link, path.basename(own)) },
    );
    const ended = endOf(nameless);
    const found = target({ bases: [link] });
    await expect
      .poll(async () => valueOf(await listRemains(pool, found)).map(({ kind }) => kind))
      .toEqual(['process', 'folder']);
    expect(valueOf(await sweep(pool, found))).toEqual([]);
    await ended;
  });

  it.skipIf(process.getuid?.() !== 0)(
    'lets other logins be who look around in a folder of the run',
    async () => {
      const { own, list, sweep: force } = await openMachine(GNU);
      await mkdir(own);
      const other = await start('true', {}, { cwd: own, uid: 65_534 });
      expect(await list()).toMatchObject([{ kind: 'folder' }]);
      expect(await force()).toEqual([]);
      expect(isAlive(other)).toBe(true);
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    'lets be what is in a container, where a folder of the run may be, too',
    async () => {
      const { own, list, sweep: force } = await openMachine(GNU);
      await mkdir(own);
      const inner = 'cd "$1"; echo up; exec sleep 60';
      const container = await start(`exec unshare --pid --fork sh -c '${inner}' sh "${own}"`, {});
      expect(await list()).toMatchObject([{ kind: 'folder' }]);
      expect(await force()).toEqual([]);
      expect(isAlive(container)).toBe(true);
    },
  );

  it.skipIf(TERMINAL_MISSING !== null)(
    'lets a person be who looks around in a folder of the run, and what his terminals stand on',
    async () => {
      const { own, list, sweep: force } = await openMachine(GNU);
      await mkdir(own);
      // `script` is there as `tmux` is: without a terminal, in that folder, and lost with it are the terminals it made.
      const person = openTerminal(own);
      person.type('pwd -P; echo $((40 + 2))\n');
      await person.sees(/^42/m);
      const [, , , , terminal] = (await readFile(`/proc/${person.child.pid}/stat`, 'utf8'))
        .replace(/^.*\) /s, '')
        .split(' ');
      expect(await list()).toMatchObject([{ kind: 'folder' }]);
      expect(await force()).toEqual([]);
      expect(isAlive(person.child)).toBe(true);
      person.type('echo $((40 + 3))\n');
      await person.sees(/\r43/);
      expect(terminal).toBe('0');
    },
  );

  it('does not call a node clean whose docker does not answer, where that is needed', async () => {
    const folder = await makeTempFolder();
    const docker = path.join(folder, 'docker');
    await writeFile(docker, '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n');
    await chmod(docker, 0o755);
    const tools = { ...GNU, searchPath: `${folder}:${process.env['PATH'] ?? ''}` };
    const { pool, target, list } = await openMachine(tools);
    expect(await list()).toEqual([]);
    expect(
      await listRemains(pool, target({ node: nodeSpec({ runtime: 'docker' }) })),
    ).toMatchObject({
      ok: false,
      failure: {
        kind: 'left_behind',
        message:
          'what is left could not be listed: docker does not answer: Cannot connect to the Docker daemon',
      },
    });
  });

  it.each(['network', 'volume', 'image'])(
    'does not call a node clean whose docker does not list every %s',
    async (kind) => {
      const folder = await makeTempFolder();
      const docker = path.join(folder, 'docker');
      await writeFile(
        docker,
        `#!/bin/sh\n[ "$1" = ${kind} ] || exit 0\necho "the daemon is being restored" >&2\nexit 1\n`,
      );
      await chmod(docker, 0o755);
      const tools = { ...GNU, searchPath: `${folder}:${process.env['PATH'] ?? ''}` };
      const { pool, target, list } = await openMachine(tools);
      expect(await list()).toEqual([]);
      expect(
        await listRemains(pool, target({ node: nodeSpec({ runtime: 'docker' }) })),
      ).toMatchObject({
        ok: false,
        failure: {
          kind: 'left_behind',
          message:
            'what is left could not be listed: docker does not answer: the daemon is being restored',
        },
      });
    },
  );

  it('says which containers of others keep a network', async () => {
    const folder = await makeTempFolder();
    const docker = path.join(folder, 'docker');
    await writeFile(
      docker,
      `#!/bin/sh
case "$1 $2" in
  'ps -a') case " $* " in *Image*) echo 'container	ours (x)' ;; *) echo ours ;; esac ;;
  'network ls') echo used; echo idle ;;
  'network inspect') case " $* " in *' used ') echo 'theirs ours other ' ;; *) echo 'ours ' ;; esac ;;
esac
`,
    );
    await chmod(docker, 0o755);
    const tools = { ...GNU, searchPath: `${folder}:${process.env['PATH'] ?? ''}` };
    const { list } = await openMachine(tools);
    const found = await list({ node: nodeSpec({ runtime: 'docker' }) });
    expect(found.map(({ kind, description }) => `${kind} ${description}`).sort()).toEqual([
      'container ours (x)',
      'network idle',
      'network used (in use by theirs, other)',
    ]);
  });

  it.each([
    ['a run without a name', { run: '', controller: 'c0ffee' }],
    ['a name that is a path', { run: '../x', controller: 'c0ffee' }],
    ['no controller', { run: 'r', controller: '' }],
  ])('refuses %s', async (_, identity) => {
    const { pool, target } = await openMachine(GNU);
    expect(await sweep(pool, target({ identity }))).toMatchObject({ ok: false });
  });
});
