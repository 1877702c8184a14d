import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { attempt } from '../../lab/machine/command.js';
import {
  LAB_PROJECT,
  LAB_USERS,
  SMALL_FOLDER,
  cutNetwork,
  labNode,
  labNodes,
  labSkipReason,
  mendNetwork,
  onNode,
  powerOff,
  repairLab,
  restartSshd,
  ssh,
  startDocker,
  startSshd,
  stopDocker,
  stopSshd,
} from './support/lab.js';
import type { LabNode } from './support/lab.js';

const skipReason = labSkipReason(2);

describe.skipIf(skipReason !== null)(
  `the lab${skipReason === null ? '' : `: ${skipReason}`}`,
  { timeout: 60_000 },
  () => {
    const nodes = labNodes();
    /** `breakable`: what tests do to it, they mend. */
    const [first, second, breakable] = [nodes[0], nodes[1], nodes.at(-1)] as [
      LabNode,
      LabNode,
      LabNode,
    ];

    describe('a node', () => {
      test.each(nodes)('$name answers over ssh under its own name', async (node) => {
        const answer = await ssh(node, 'hostname');
        expect(answer).toMatchObject({ exitCode: 0, stdout: `${node.name}\n` });
      });

      test.each(nodes)('$name has its own Compose version and no other', async (node) => {
        const v1 = await ssh(node, 'docker-compose version --short');
        const v2 = await ssh(node, 'docker compose version --short');
        if (node === first) {
          expect(v1.stdout).toMatch(/^1\./);
          expect(v2.exitCode).not.toBe(0);
        } else {
          expect(v2.stdout).toMatch(/^2\./);
          expect(v1.exitCode).toBe(127);
        }
      });

      test('has the same images as every other', async () => {
        const ids = await Promise.all(
          nodes.map(async (node) => {
            const format = 'docker image inspect --format "{{.Id}}"';
            return (await ssh(node, `${format} lab/busybox:1 lab/llama:1`)).stdout;
          }),
        );
        expect(ids[0]).toMatch(/^(sha256:[0-9a-f]{64}\n){2}$/);
        expect(new Set(ids).size).toBe(1);
      });

      test('sees neither the processes nor the files nor the containers of another', async () => {
        const mark = `lab-test-${process.pid}`;
        await onNode(first, ['touch', `/tmp/${mark}`]);
        await ssh(first, `docker run -d --rm --name ${mark} lab/busybox:1 sleep 4711`);
        try {
          const elsewhere = 'pgrep -f "[s]leep 4711"; ls /tmp; docker ps --format "{{.Names}}"';
          expect((await ssh(first, 'pgrep -f "[s]leep 4711"')).exitCode).toBe(0);
          expect((await ssh(second, elsewhere)).stdout).not.toContain(mark);
          expect((await ssh(second, 'pgrep -f "[s]leep 4711"')).exitCode).toBe(1);
        } finally {
          await ssh(first, `docker rm -f ${mark}; rm /tmp/${mark}`);
        }
      });

      test.each(['bench', 'fish', 'noisy'] as const)(
        'lets %s in, who may not use docker',
        async (user) => {
          const shell = await ssh(second, 'echo $SHELL', user);
          expect(shell.stdout).toContain(`${LAB_USERS[user].shell}\n`);
          expect(shell.stdout.includes('This rc file prints.')).toBe(user === 'noisy');
          const docker = await ssh(second, 'docker ps', user);
          expect(docker.exitCode).toBe(1);
          expect(docker.stderr).toContain('permission denied');
        },
      );

      test('has a folder that is soon full', async () => {
        const fill = `dd if=/dev/zero of=${SMALL_FOLDER}/fill bs=1M count=9; rm ${SMALL_FOLDER}/fill`;
        expect((await ssh(second, fill)).stderr).toContain('No space left on device');
      });

      test('runs playbook', async () => {
        expect((await ssh(second, 'playbook --version')).stdout).toMatch(/^\d+\.\d+\.\d+/);
      });
    });

    describe('a container', () => {
      const name = `lab-test-${process.pid}`;
      afterEach(async () => {
        for (const node of [first, second]) await ssh(node, `docker rm -f -v ${name}`);
      });

      test('publishes a port that this machine and other nodes reach', async () => {
        const serve = 'echo hello >/tmp/index.html; exec httpd -f -p 80 -h /tmp';
        const run = `docker run -d --name ${name} -p 18999:80 lab/busybox:1 sh -c '${serve}'`;
        expect(await ssh(first, run)).toMatchObject({ exitCode: 0 });
        const url = `http://${first.host}:18999/`;
        await expect.poll(async () => fetchText(url), { timeout: 15_000 }).toBe('hello\n');
        expect((await ssh(second, `curl -s ${url}`)).stdout).toBe('hello\n');
      });

      test('that passes its memory limit is killed, and docker says why', async () => {
        // containerd tells dockerd, and now and then only when it has told of the end.
        const said: string[] = [];
        for (let tries = 0; tries < 3 && said.at(-1) !== 'true\n'; tries += 1) {
          const run = await ssh(
            second,
            `docker rm -f ${name} >/dev/null 2>&1; docker run --name ${name} -m 32m lab/busybox:1 tail /dev/zero`,
          );
          expect(run.exitCode).toBe(137);
          const state = await ssh(second, `docker inspect -f '{{.State.OOMKilled}}' ${name}`);
          said.push(state.stdout);
        }
        expect(said.at(-1)).toBe('true\n');
      });

      test('of lab/llama:1 completes, chats and streams', async () => {
        const run = await ssh(second, `docker run -d --name ${name} -p 18998:8080 lab/llama:1`);
        expect(run.exitCode).toBe(0);
        const base = `http://${second.host}:18998`;
        await expect
          .poll(async () => fetchText(`${base}/health`), { timeout: 15_000 })
          .toContain('ok');
        expect(await fetchText(`${base}/v1/models`)).toContain('"id":"tiny"');

        const completion = await post(`${base}/v1/completions`, {
          prompt: 'Hello',
          max_tokens: 12,
        });
        const { choices, usage } = (await completion.json()) as {
          choices: { text: string }[];
          usage: { completion_tokens: number };
        };
        expect(choices[0]?.text).toMatch(/^[\x20-\x7e]{12}$/);
        expect(usage.completion_tokens).toBe(12);

        const chat = await post(`${base}/v1/chat/completions`, {
          messages: [{ role: 'user', content: 'Hello' }],
          max_tokens: 6,
          stream: true,
        });
        const events = (await chat.text()).trim().split('\n\n');
        expect(events.filter((event) => /"content":"[^"]/.test(event))).toHaveLength(6);
        expect(events.at(-1)).toBe('data: [DONE]');
      });
    });

    describe('on purpose', () => {
      afterEach(async () => {
        await mendNetwork(breakable);
        await restartSshd(breakable);
        await startDocker(breakable);
      });

      test('sshd takes settings from a test, and gets its own back', async () => {
        await restartSshd(breakable, ['MaxSessions 3']);
        expect((await ssh(breakable, '/usr/sbin/sshd -T')).stdout).toContain('maxsessions 3\n');
        await restartSshd(breakable);
        expect((await ssh(breakable, '/usr/sbin/sshd -T')).stdout).toContain('maxsessions 10\n');
      });

      test('sshd stops and starts', async () => {
        await stopSshd(breakable);
        expect((await ssh(breakable, 'true')).stderr).toContain('Connection refused');
        await startSshd(breakable);
        expect((await ssh(breakable, 'true')).exitCode).toBe(0);
      });

      test('the network of a node swallows every packet', async () => {
        await cutNetwork(breakable);
        expect((await ssh(breakable, 'true')).stderr).toContain('timed out');
        await mendNetwork(breakable);
        expect((await ssh(breakable, 'true')).exitCode).toBe(0);
      });

      test('dockerd stops and starts', async () => {
        await stopDocker(breakable);
        expect((await ssh(breakable, 'docker ps')).stderr).toContain(
          'Cannot connect to the Docker daemon',
        );
        await startDocker(breakable);
        expect((await ssh(breakable, 'docker ps')).exitCode).toBe(0);
      });

      test('a node loses its power and comes back with its disk', async () => {
        await onNode(breakable, ['touch', '/root/survivor']);
        await powerOff(breakable);
        expect((await ssh(breakable, 'true')).exitCode).toBe(255);
        await repairLab();
        expect(
          await ssh(labNode(breakable.name), 'ls /root && rm /root/survivor && docker ps -q'),
        ).toEqual({
          exitCode: 0,
          stdout: 'survivor\n',
          stderr: '',
        });
      });
    });

    test('its project is valid wherever it is copied', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'lab-project-'));
      try {
        await cp(LAB_PROJECT, join(folder, 'copy'), { recursive: true });
        const playbook = join(LAB_PROJECT, '../bin/playbook.js');
        const result = await attempt(
          [process.execPath, playbook, '-C', join(folder, 'copy'), 'validate'],
          { cwd: folder },
        );
        expect(result).toMatchObject({ exitCode: 0 });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  },
);

async function fetchText(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch {
    return ''; // not up yet
  }
}

async function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body) });
}
