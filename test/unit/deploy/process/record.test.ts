import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RunningService } from '../../../../src/deploy/backend.js';
import { parseLeftovers } from '../../../../src/deploy/process/teardown.js';
import type { BackendUnderTest } from '../../../contract/backend.js';
import { openLocalBackend } from '../../../support/local-backend.js';

const never = new AbortController().signal;

describe.runIf(process.platform === 'linux')('the record of a service', () => {
  let test: BackendUnderTest;
  beforeEach(async () => {
    test = await openLocalBackend();
  });
  afterEach(() => test.close());

  const recordPath = () => path.join(test.deployment.stateFolder, 'service.pid');
  const asRunning = (): RunningService => ({
    service: test.serviceSpec({ run: ['true'], stopGracePeriodMs: 100 }),
    deployment: test.deployment,
    description: 'from a record',
  });
  /** A process of somebody else, in a session of its own. */
  const startStranger = async () => {
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
    return { child, pid, began, boot };
  };
  const downAndPurge = async () => {
    expect(await test.backend.leftovers(test.deployment)).toEqual({ ok: true, value: [] });
    expect(await test.backend.down(asRunning())).toEqual({ ok: true, value: undefined });
    await test.backend.purge(test.deployment);
  };

  it('holds the process group, its start, the boot and where the log begins', async () => {
    const up = await test.backend.up(
      test.deployment,
      test.serviceSpec({ run: ['sleep', '60'] }),
      never,
    );
    if (!up.ok) throw new Error(up.failure.message);
    const [group, began, boot, offset] = (await readFile(recordPath(), 'utf8')).trim().split(' ');
    expect(up.value.description).toBe(`process group ${group}`);
    const stat = await readFile(`/proc/${group}/stat`, 'latin1');
    expect(stat.split(' ')[21]).toBe(began);
    expect(boot).toBe((await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim());
    expect(offset).toBe('0');
    await test.backend.down(up.value);
    expect(await readdir(test.deployment.stateFolder)).toEqual(['service.log']);
  });

  it('ends what it names, long after', async () => {
    const { child, pid, began, boot } = await startStranger();
    await writeFile(recordPath(), `${pid} ${began} ${boot} 0\n`);
    const exited = once(child, 'exit');
    const left = await test.backend.leftovers(test.deployment);
    expect(left).toMatchObject({
      ok: true,
      value: [
        { node: 'node1', kind: 'process', description: `process group ${pid} of service service` },
      ],
    });
    expect(await test.backend.down(asRunning())).toEqual({ ok: true, value: undefined });
    expect(await exited).toEqual([null, 'SIGTERM']);
  });

  it('ends a group whose first process is gone', async () => {
    const child = spawn('/bin/sh', ['-c', `setsid sh -c 'sleep 60 & echo $$ $!' & wait`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [group = '', member = ''] = line.toString().trim().split(' ');
    await once(child, 'exit');
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
    await writeFile(recordPath(), `${group} 1 ${boot} 0\n`);
    expect(await test.backend.down(asRunning())).toEqual({ ok: true, value: undefined });
    await expect
      .poll(() =>
        readFile(`/proc/${member}/stat`, 'latin1').then(
          (stat) => stat.split(' ')[2],
          () => 'gone',
        ),
      )
      .toMatch(/Z|gone/);
  });

  it('says nothing of how it ends', async () => {
    const events = test.backend.watch(asRunning(), never);
    for await (const event of events) {
      expect(event).toMatchObject({ type: 'exited', exit: { exitCode: null, isLost: true } });
    }
    for await (const line of test.backend.followLog(asRunning(), never)) expect(line).toBe('none');
  });

  it.each([
    [
      'a process that was given the same id',
      ({ pid, boot }: { pid: number; boot: string }) => `${pid} 12345 ${boot} 0`,
    ],
    [
      'a process of another boot',
      ({ pid, began }: { pid: number; began: string }) =>
        `${pid} ${began} 11111111-2222-3333-4444-555555555555 0`,
    ],
    ['what is no record', () => '-1 x y z'],
    ['an empty record', () => ''],
  ])('leaves alone %s', async (_, record) => {
    const stranger = await startStranger();
    await writeFile(recordPath(), `${record(stranger)}\n`);
    await downAndPurge();
    expect(stranger.child.exitCode).toBeNull();
    expect(stranger.child.signalCode).toBeNull();
    expect(await readdir(test.deployment.stateFolder)).toEqual([]);
    stranger.child.kill('SIGKILL');
  });
});

describe('what is left over', () => {
  it('is described for people', () => {
    const text = 'group 41 p-1\nprocess 42 sleep 100 \nprocess 43 \n';
    expect(parseLeftovers(text, 'node1').map(({ description }) => description)).toEqual([
      'process group 41 of service p-1',
      'process 42 (sleep 100)',
      'process 43 ()',
    ]);
  });
});
