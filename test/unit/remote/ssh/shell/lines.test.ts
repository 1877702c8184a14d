import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { PassThrough, type Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

import type { ClientChannel } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Command } from '../../../../../src/model/command.js';
import { LOGIN_COMMAND } from '../../../../../src/remote/ssh/shell/boot.js';
import { type KeptShell, keepShell } from '../../../../../src/remote/ssh/shell/kept-shell.js';
import type { Group } from '../../../../../src/remote/ssh/shell/group.js';
import type { Session } from '../../../../../src/remote/ssh/shell/session.js';
import {
  lineForAlive,
  lineForAnswer,
  lineForExplanation,
  lineForGroup,
  lineForSignal,
} from '../../../../../src/remote/ssh/shell/lines.js';

/** The shells that `/bin/sh` is on one system or another. */
const SHELLS: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['dash', ['dash']],
  ['bash', ['bash', '--posix']],
  ['busybox', ['busybox', 'sh']],
];

/** A local process in the shape of a session. */
function sessionOf(child: ChildProcessWithoutNullStreams): Session {
  const channel = child.stdout as unknown as Duplex & { stderr: unknown };
  Object.assign(channel, {
    stderr: child.stderr,
    write: (text: string) => child.stdin.write(text),
    close: () => child.stdin.end(),
  });
  child.once('exit', (code) => channel.emit('exit', code));
  return { channel: channel as unknown as ClientChannel, lost: new Promise(() => undefined) };
}

for (const [name, argv] of SHELLS) {
  const [program = '', ...args] = argv;
  const isThere = spawnSync(program, [...args, '-c', 'exit 0']).status === 0;
  describe.skipIf(!isThere)(`a shell that is kept, as ${name}`, () => {
    let child: ChildProcessWithoutNullStreams;
    let shell: KeptShell;

    beforeEach(async () => {
      const [, boot = ''] = /-c '(.*)'$/.exec(LOGIN_COMMAND) ?? [];
      child = spawn(program, [...args, '-c', boot]);
      const kept = await keepShell(sessionOf(child));
      if (typeof kept === 'string') throw new Error(kept);
      shell = kept;
    });
    afterEach(async () => {
      shell.close();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    });

    const run = async (command: Command, mark = randomUUID()) => {
      const stdout = new PassThrough();
      const stderr = new PassThrough();
      let group: Group = { id: 0, birth: null };
      const answer = await shell.ask(lineForAnswer(command, mark, 'end'), {
        onStdout: (data) => stdout.write(data),
        onStderr: (data) => stderr.write(data),
        onStarted: (told) => (group = told),
      });
      return {
        ...answer,
        group,
        pid: group.id,
        out: String(stdout.read() ?? ''),
        err: String(stderr.read() ?? ''),
      };
    };
    const ask = async (line: string) => {
      let said = '';
      await shell.ask(line, { onStdout: (data) => (said += data.toString()) });
      return said.trim().split('\n').filter(Boolean);
    };

    it('knows the home', () => {
      expect(shell.home).toBe(process.env['HOME']);
    });

    it('gives the answer of one program after the other, each with its own streams', async () => {
      expect(await run({ argv: ['sh', '-c', 'echo out; echo err >&2; exit 3'] })).toMatchObject({
        status: 3,
        out: 'out\n',
        err: 'err\n',
        left: [],
      });
      expect(await run({ argv: ['echo', 'again'] })).toMatchObject({ status: 0, out: 'again\n' });
    });

    it('tells the process, which leads a group of its own', async () => {
      const { pid, out } = await run({
        argv: ['sh', '-c', 'echo $$; read -r a b c d group rest </proc/$$/stat; echo $group'],
      });
      expect(out.split('\n').slice(0, 2).map(Number)).toEqual([pid, pid]);
    });

    it('passes on newlines, quotes and everything a shell would do something with', async () => {
      const text = `it's\n$(touch x) "\\" \`date\`\r\t*\n`;
      const { out } = await run({
        argv: ['sh', '-c', 'printf "%s|%s|" "$1" "$ODD"', 'sh', text],
        env: { ODD: text },
        cwd: '/tmp',
      });
      expect(out).toBe(`${text}|${text}|`);
    });

    it('is not ended by a program that ends its own group', async () => {
      expect(await run({ argv: ['sh', '-c', 'kill -s TERM 0'] })).toMatchObject({ status: 143 });
      expect(await run({ argv: ['true'] })).toMatchObject({ status: 0 });
    });

    it('tells what a program left running, also outside of its group', async () => {
      const mark = randomUUID();
      const script = 'sleep 60 & setsid sleep 60 & sleep 0.1';
      const { left, pid } = await run({ argv: ['sh', '-c', script] }, mark);
      expect(left).toHaveLength(2);
      expect((await ask(lineForAlive(mark, pid))).map(Number).sort()).toEqual(left?.toSorted());
      await ask(lineForSignal(mark, pid, 'SIGKILL'));
      while ((await ask(lineForAlive(mark, pid))).length > 0) await wait(5);
    });

    it('knows a group again by the start of its first process, or by what bears its mark', async () => {
      const mark = randomUUID();
      const { group } = await run({ argv: ['sh', '-c', 'sleep 60 & sleep 0.1'] }, mark);
      expect(await ask(lineForGroup(mark, group))).toEqual([String(group.id)]);
      expect(await ask(lineForGroup(randomUUID(), group))).toEqual([]);
      await ask(lineForSignal(mark, group.id, 'SIGKILL'));
      while ((await ask(lineForAlive(mark, group.id))).length > 0) await wait(5);
      expect(await ask(lineForGroup(mark, group))).toEqual([]);

      const stranger = spawn('sleep', ['60'], { detached: true });
      const id = stranger.pid ?? 0;
      const start = readFileSync(`/proc/${id}/stat`, 'latin1').split(' ')[21];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      const born = (birth: string | null) => ask(lineForGroup(mark, { id, birth }));
      expect(await born(`${start} ${boot}`)).toEqual([String(id)]);
      expect(await born(`${Number(start) - 1} ${boot}`)).toEqual([]);
      expect(await born(`${start} ${randomUUID()}`)).toEqual([]);
      expect(await born(null)).toEqual([]);
      stranger.kill();
    });

    it('sees nothing of others', async () => {
      const stranger = spawn('sleep', ['60']);
      expect(await run({ argv: ['true'] })).toMatchObject({ left: [] });
      expect(await ask(lineForSignal(randomUUID(), null, 'SIGKILL'))).toEqual([]);
      expect(stranger.signalCode).toBeNull();
      stranger.kill();
    });

    it.each<[Command, string]>([
      [{ argv: ['no-such-command'] }, 'missing'],
      [{ argv: ['/etc/passwd'] }, 'forbidden'],
      [{ argv: ['/etc'] }, 'directory'],
      [{ argv: ['true'], cwd: '/no/such/folder' }, 'nofolder'],
      [{ argv: ['true'], cwd: '/etc/passwd' }, 'nodirectory'],
      [{ argv: ["it's"], cwd: '/' }, 'missing'],
      [{ argv: ['true'] }, 'fine'],
    ])('says why %j cannot be run', async (command, said) => {
      expect(await ask(lineForExplanation(command))).toEqual([said]);
    });

    it('gives up a question when it is gone', async () => {
      const asked = run({ argv: ['sleep', '60'] });
      child.kill('SIGKILL');
      expect(await asked).toMatchObject({ pid: expect.any(Number) as number });
      expect(shell.isClosed()).toBe(true);
    });
  });
}
