import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Command, CommandResult } from '../../src/model/command.js';
import type { Connection, ExecOptions, ProgramExit } from '../../src/remote/connection.js';
import { createRandom } from '../chaos/random.js';
import { makeTempFolder } from '../support/temp-folder.js';

/** Arguments and values that a shell would do something with. */
const ODD_TEXTS = [
  '',
  ' ',
  "it's",
  'say "hi"',
  'P@$$w0rd',
  '$(touch x) `touch y`',
  'line one\nline two\n',
  'back\\slash\\',
  '*',
  '~',
  '-n',
  '--',
  '; exit 7 #',
  'tab\tand\rreturn',
  'Zeichen: äöü 漢字 🙂',
];

/**
 * What every `Connection` has to do, in terms of `Connection` and of POSIX programs on the node alone.
 *
 * @param open A new connection; the suite closes it.
 */
export function describeConnection(kind: string, open: () => Promise<Connection>): void {
  describe(`a ${kind} connection`, () => {
    let connection: Connection;
    let folder: string;

    const exec = (command: Command, options?: ExecOptions) => connection.exec(command, options);
    const sh = (script: string, options?: ExecOptions, args: readonly string[] = []) =>
      connection.exec({ argv: ['/bin/sh', '-c', script, 'sh', ...args], cwd: folder }, options);
    const isAlive = async (pid: string) => {
      // A zombie is over; whoever started it may be slow to collect it.
      const state = await sh(`ps -o stat= -p ${pid}`);
      return !/^(Z.*)?$/.test(textOf(state).trim());
    };

    beforeAll(async () => {
      connection = await open();
      const made = await connection.exec({ argv: ['mktemp', '-d'] });
      folder = textOf(made).trim();
    });
    afterAll(async () => {
      await connection.exec({ argv: ['rm', '-rf', folder] });
      await connection.close();
    });

    describe('running a program', () => {
      it('returns what it wrote to each stream, and its exit code', async () => {
        const result = await sh('echo out; echo err >&2; exit 3');
        expect(result).toMatchObject({ termination: 'exited', exitCode: 3 });
        expect(textOf(result)).toBe('out\n');
        expect(result.stderr.toString()).toBe('err\n');
        expect(result.durationMs).toBeGreaterThan(0);
      });

      it('takes 255 for an exit code like any other', async () => {
        expect(await sh('exit 255')).toMatchObject({ termination: 'exited', exitCode: 255 });
      });

      it('tells the signal that killed it', async () => {
        const result = await sh('kill -s KILL $$');
        expect(result).toMatchObject({ termination: 'signalled', signal: 'SIGKILL' });
      });

      it('passes every argument as it is, and runs nothing that stands in one', async () => {
        const result = await sh('for text; do printf "%s\\0" "$text"; done', {}, ODD_TEXTS);
        expect(textOf(result).split('\0').slice(0, -1)).toEqual(ODD_TEXTS);
        expect(textOf(await sh('ls -A'))).toBe('');
      });

      it('adds variables to the environment of the login, with their values as they are', async () => {
        const env = Object.fromEntries(ODD_TEXTS.map((text, index) => [`ODD_${index}`, text]));
        const names = Object.keys(env);
        const result = await exec({
          argv: [
            '/bin/sh',
            '-c',
            'for name; do eval "printf \'%s\\0\' \\"\\$$name\\""; done',
            'sh',
            ...names,
            'PATH',
          ],
          env,
        });
        const values = textOf(result).split('\0');
        expect(values.slice(0, names.length)).toEqual(ODD_TEXTS);
        expect(values[names.length]).toMatch(/\//);
      });

      it('passes on a variable whose name no shell would take', async () => {
        const result = await exec({ argv: ['env'], env: { 'discovery.type': 'single-node' } });
        expect(textOf(result).split('\n')).toContain('discovery.type=single-node');
      });

      it('runs it in the folder asked for', async () => {
        await sh('mkdir -p "here and there"');
        const cwd = `${folder}/here and there`;
        expect(textOf(await exec({ argv: ['pwd'], cwd }))).toBe(`${cwd}\n`);
      });

      it('gives it an empty standard input', async () => {
        const result = await sh('read line; echo "$? <$line>"');
        expect(textOf(result)).toBe('1 <>\n');
      });

      it('gives it the standard input asked for, byte for byte', async () => {
        const stdin = randomBytes(300_000);
        const result = await exec({ argv: ['cat'], stdin });
        expect(result.stdout.equals(stdin)).toBe(true);
      });

      it('gives it the standard input asked for as it comes', async () => {
        const input = new PassThrough();
        const output = new PassThrough();
        const running = exec({ argv: ['cat'] }, { stdin: input, stdout: output });
        input.write('first');
        expect(String(await nextChunk(output))).toBe('first');
        input.end('second');
        expect(String(await nextChunk(output))).toBe('second');
        expect(await running).toMatchObject({ termination: 'exited', exitCode: 0 });
      });

      it('stops reading where the program no longer does', async () => {
        const input = Readable.from(
          (function* () {
            for (;;) yield Buffer.alloc(65_536);
          })(),
        );
        const result = await exec({ argv: ['head', '-c', '3'] }, { stdin: input });
        expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
        expect(result.stdout).toHaveLength(3);
        if (!input.destroyed) await once(input, 'close');
      });

      it('does not mind a program that leaves its standard input unread', async () => {
        const result = await exec({ argv: ['true'], stdin: Buffer.alloc(1_000_000) });
        expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
      });

      it('lets it open its own streams by name', async () => {
        const result = await sh('echo out > /dev/stdout; echo err > /dev/stderr');
        expect(textOf(result)).toBe('out\n');
        expect(result.stderr.toString()).toBe('err\n');
      });

      it('runs forty at once', async () => {
        const results = await Promise.all(
          Array.from({ length: 40 }, (_, index) => sh(`sleep 0.05; echo ${index}`)),
        );
        expect(results.map(textOf)).toEqual(results.map((_, index) => `${index}\n`));
      });

      it('tells the process group once it runs, which is the program itself', async () => {
        let group = 0;
        const result = await sh('echo $$; ps -o pgid= -p $$', { onStarted: (id) => (group = id) });
        const [pid, pgid] = textOf(result).split('\n').map(Number);
        expect([pid, pgid]).toEqual([group, group]);
      });
    });

    describe('when a program cannot be started', () => {
      it('says that there is no such command', async () => {
        const result = await exec({ argv: ['no-such-command'] });
        expect(result).toMatchObject({ termination: 'not-started' });
        expect(reasonOf(result)).toContain('command not found: no-such-command');
      });

      it('tells of no end of one that was never there, where the output is passed on', async () => {
        const ends: ProgramExit[] = [];
        const result = await exec(
          { argv: ['no-such-command'] },
          { stdout: new PassThrough(), onExited: (exit) => ends.push(exit) },
        );
        expect(reasonOf(result)).toContain('command not found: no-such-command');
        expect(ends).toEqual([]);
      });

      it('does not take for that what a program answers that has removed its folder', async () => {
        const script = 'echo ran; rmdir "$PWD"; exit 127';
        const run = async (cwd: string, options?: ExecOptions) => {
          await sh('mkdir "$1"', {}, [cwd]);
          return exec({ argv: ['/bin/sh', '-c', script], cwd: `${folder}/${cwd}` }, options);
        };
        const ended = { termination: 'exited', exitCode: 127 };
        expect(await run('removed')).toMatchObject(ended);
        const ends: ProgramExit[] = [];
        const onExited = (exit: ProgramExit) => ends.push(exit);
        const passedOn = await run('gone', { stdout: new PassThrough(), onExited });
        expect(passedOn).toMatchObject(ended);
        expect(ends).toEqual([ended]);
      });

      it('says that the working directory does not exist', async () => {
        const result = await exec({ argv: ['true'], cwd: `${folder}/nowhere` });
        expect(reasonOf(result)).toContain(`working directory does not exist: ${folder}/nowhere`);
      });

      it('says that the file is not executable', async () => {
        await sh('echo "echo hello" > plain; chmod 644 plain');
        const result = await exec({ argv: ['./plain'], cwd: folder });
        expect(reasonOf(result)).toMatch(/permission denied: .*plain/);
      });

      it('says that the arguments are too long', async () => {
        const result = await exec({ argv: ['true', 'x'.repeat(3_000_000)] });
        expect(reasonOf(result)).toContain('argument list too long');
      });
    });

    describe('the output', () => {
      it('is kept up to a limit, the newest bytes of it', async () => {
        const script = 'i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done';
        const result = await sh(script, { captureLimit: 100 });
        expect(result.stdout).toHaveLength(100);
        expect(textOf(result)).toMatch(/line 1998\nline 1999\n$/);
      });

      it('goes to a sink byte for byte, which is left open', async () => {
        const stdin = randomBytes(1_000_000);
        const sink = new PassThrough({ highWaterMark: 2_000_000 });
        const result = await exec({ argv: ['cat'], stdin }, { stdout: sink });
        expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
        expect(result.stdout).toHaveLength(0);
        expect(sink.writableEnded).toBe(false);
        expect((sink.read() as Buffer).equals(stdin)).toBe(true);
      });

      it('comes as it is written', async () => {
        const sink = new PassThrough();
        await sh('mkfifo pipe');
        const running = sh('echo first; read line < pipe; echo "$line"', { stdout: sink });
        expect(String(await nextChunk(sink))).toBe('first\n');
        const second = nextChunk(sink);
        await sh('echo second > pipe');
        expect(String(await second)).toBe('second\n');
        await running;
      });

      it('waits for a slow sink instead of piling up', async () => {
        let received = 0;
        let largest = 0;
        const sink = new Writable({
          highWaterMark: 64 * 1024,
          write(chunk: Buffer, _encoding, done) {
            received += chunk.length;
            largest = Math.max(largest, sink.writableLength);
            setImmediate(done);
          },
        });
        await sh('head -c 16000000 /dev/zero', { stdout: sink });
        await finished(sink);
        expect(received).toBe(16_000_000);
        expect(largest).toBeLessThan(1_000_000);
      });

      it('is dropped, and the program goes on, when the sink is destroyed', async () => {
        const sink = new PassThrough();
        sink.destroy();
        const result = await sh('head -c 1000000 /dev/zero; exit 4', { stdout: sink });
        expect(result).toMatchObject({ termination: 'exited', exitCode: 4 });
      });
    });

    describe('ending a program', () => {
      /** Three generations that ignore the stop signal, each of which writes its id into a file. */
      const STUBBORN = `
        trap '' TERM
        echo $$ > pids
        sh -c 'echo $$ >> pids; sh -c "echo \\$\\$ >> pids; touch ready; sleep 60; sleep 60"; sleep 60' &
        while :; do sleep 60; done`;
      const untilReady = async () => {
        while ((await sh('test -e ready')).termination !== 'exited') await wait(5);
        for (;;) {
          const there = await sh('test -e ready');
          if (there.termination === 'exited' && there.exitCode === 0) break;
          await wait(5);
        }
      };
      const stubbornPids = async () =>
        textOf(await sh('cat pids; rm -f pids ready'))
          .trim()
          .split('\n');

      it('takes the whole tree with it when the time is up', async () => {
        const begin = performance.now();
        const result = await sh(STUBBORN, { timeoutMs: 400, graceMs: 200 });
        expect(result.termination).toBe('timed-out');
        expect(performance.now() - begin).toBeGreaterThan(550);
        const pids = await stubbornPids();
        expect(pids).toHaveLength(3);
        for (const pid of pids) expect(await isAlive(pid)).toBe(false);
      });

      it('takes the whole tree with it when it is cancelled', async () => {
        const cancel = new AbortController();
        const running = sh(STUBBORN, { signal: cancel.signal, graceMs: 50 });
        await untilReady();
        cancel.abort();
        expect((await running).termination).toBe('cancelled');
        for (const pid of await stubbornPids()) expect(await isAlive(pid)).toBe(false);
      });

      it('starts nothing when it is cancelled before', async () => {
        const result = await sh('touch started', { signal: AbortSignal.abort() });
        expect(result.termination).toBe('cancelled');
        expect(textOf(await sh('ls started 2>/dev/null'))).toBe('');
      });

      it.each([
        ['whose output is awaited', {}],
        ['whose output is passed on', { stdout: new PassThrough().resume() }],
      ])(
        'returns soon and leaves nothing of a program %s, whatever moment it is cancelled at',
        async (_, options) => {
          const seed = Number(process.env['PLAYBOOK_TEST_SEED'] ?? randomInt(2 ** 32));
          const random = createRandom(seed);
          // Nobody else sleeps so long.
          const sleep = String(1_000_000 + randomInt(1_000_000));
          const took = await exec({ argv: ['true'] }, options);
          for (let round = 0; round < 24; round += 1) {
            const afterMs = random.between(0, Math.max(10, 2 * took.durationMs));
            const cancel = new AbortController();
            const begin = performance.now();
            const running = exec(
              { argv: ['sleep', sleep] },
              { ...options, signal: cancel.signal, graceMs: 500 },
            );
            while (performance.now() - begin < afterMs) await immediate();
            cancel.abort();
            const what = `cancelled after ${afterMs} ms (PLAYBOOK_TEST_SEED=${seed})`;
            const ended = await Promise.race([running, wait(5_000, { termination: 'never' })]);
            expect(ended.termination, what).toBe('cancelled');
          }
          const survivors = await sh(`ps -eo pid,args | grep '[s]leep ${sleep}'`);
          expect(textOf(survivors), `PLAYBOOK_TEST_SEED=${seed}`).toBe('');
        },
        60_000,
      );

      it('sends the signal asked for, and keeps what was written in answer', async () => {
        const sink = new PassThrough();
        const cancel = new AbortController();
        const running = sh(
          `trap 'echo bye >&2; exit 0' INT; echo ready; while :; do sleep 0.01; done`,
          { signal: cancel.signal, stopSignal: 'SIGINT', stdout: sink },
        );
        await nextChunk(sink);
        cancel.abort();
        const result = await running;
        expect(result.termination).toBe('cancelled');
        expect(result.stderr.toString()).toContain('bye\n');
      });

      it('does not wait for the grace period where the program obeys', async () => {
        const begin = performance.now();
        await sh('sleep 60', { timeoutMs: 50, graceMs: 10_000 });
        expect(performance.now() - begin).toBeLessThan(5_000);
      });

      it('ends what it left running, though it holds the streams open', async () => {
        const result = await sh('sleep 60 & echo $!', { graceMs: 100 });
        expect(result).toMatchObject({ termination: 'exited', exitCode: 0 });
        expect(await isAlive(textOf(result).trim())).toBe(false);
      });

      it('lets what it left running finish its output', async () => {
        const result = await sh('{ sleep 0.1; echo late; } & echo early; exit 5');
        expect(result).toMatchObject({ termination: 'exited', exitCode: 5 });
        expect(textOf(result)).toBe('early\nlate\n');
      });

      it('leaves running what it is asked to leave', async () => {
        const result = await sh('sleep 60 >&- 2>&- & echo $!', { descendants: 'leave' });
        const pid = textOf(result).trim();
        expect(await isAlive(pid)).toBe(true);
        await sh(`kill ${pid}`);
      });

      it('tells of the end of the program itself before that of what it left running', async () => {
        const ends: (ProgramExit | 'result')[] = [];
        const exited = new Promise<void>((resolve) => {
          void sh('sleep 60 & exit 6', {
            graceMs: 100,
            onExited: (exit) => {
              ends.push(exit);
              resolve();
            },
          }).then(() => ends.push('result'));
        });
        await exited;
        expect(ends).toEqual([{ termination: 'exited', exitCode: 6 }]);
      });

      it('reaches what left the process group', async (context) => {
        const hasSetsid = await sh('command -v setsid && test -r /proc/self/environ');
        if (!('exitCode' in hasSetsid) || hasSetsid.exitCode !== 0) context.skip();
        const script = `setsid sh -c 'trap "" TERM; echo $$; exec >&- 2>&-; sleep 60; sleep 60' & read x; sleep 60`;
        const result = await sh(script, { timeoutMs: 200, graceMs: 50 });
        expect(result.termination).toBe('timed-out');
        expect(await isAlive(textOf(result).trim())).toBe(false);
      });
    });

    describe('copying files', () => {
      /** Everything in a folder: its names, contents, modes and links. */
      const describeFolder = async (root: string) => {
        const names = await readdir(root, { recursive: true });
        const entries = names.sort().map(async (name) => {
          const file = path.join(root, name);
          const status = await lstat(file);
          const mode = (status.mode & 0o777).toString(8);
          if (status.isSymbolicLink()) return [name, `-> ${await readlink(file)}`];
          if (status.isDirectory()) return [name, mode];
          return [name, mode, await readFile(file, 'latin1')];
        });
        return Promise.all(entries);
      };
      const makeOddFolder = async () => {
        const root = await makeTempFolder();
        await mkdir(path.join(root, 'sub/empty'), { recursive: true });
        await mkdir(path.join(root, '.hidden'));
        await writeFile(path.join(root, 'run_test.sh'), '#!/bin/sh\n', { mode: 0o755 });
        await writeFile(path.join(root, 'secret'), 'x', { mode: 0o600 });
        await writeFile(path.join(root, '.hidden/.env'), 'A=1\n');
        await writeFile(path.join(root, 'sub/nothing'), '');
        await writeFile(path.join(root, 'sub/-rf'), 'dash');
        await writeFile(path.join(root, 'sub/new\nline and blank'), 'odd');
        await writeFile(path.join(root, 'sub/binary'), randomBytes(200_000));
        await writeFile(path.join(root, 'same'), 'the file');
        await writeFile(path.join(root, 'same.part'), 'another file');
        await symlink('../run_test.sh', path.join(root, 'sub/link'));
        await symlink('nowhere', path.join(root, 'sub/dangling'));
        await chmod(path.join(root, 'sub'), 0o555);
        return root;
      };

      it('brings a folder there and back as it was', async () => {
        const from = await makeOddFolder();
        const back = path.join(await makeTempFolder(), 'deep/down');
        const there = `${folder}/up/and/down`;
        const up = await connection.upload(from, there);
        expect(up).toEqual({ ok: true, value: { files: 9, bytes: 200_042 } });
        const down = await connection.download(there, back);
        expect(down).toEqual(up);
        expect(await describeFolder(back)).toEqual(await describeFolder(from));
        expect(
          textOf(await exec({ argv: ['cat', 'new\nline and blank'], cwd: `${there}/sub` })),
        ).toBe('odd');
        await sh('chmod -R u+w up');
        await chmod(path.join(from, 'sub'), 0o755);
        await chmod(path.join(back, 'sub'), 0o755);
      });

      it('brings a single file under the name asked for', async () => {
        const from = path.join(await makeTempFolder(), 'a');
        await writeFile(from, 'content', { mode: 0o750 });
        const there = `${folder}/single/b`;
        expect(await connection.upload(from, there)).toEqual({
          ok: true,
          value: { files: 1, bytes: 7 },
        });
        expect(textOf(await sh('cat single/b; ls single'))).toBe('contentb\n');
        const back = path.join(await makeTempFolder(), 'c');
        expect(await connection.download(there, back)).toMatchObject({ ok: true });
        expect((await stat(back)).mode & 0o777).toBe(0o750);
      });

      it('replaces what has the same name and leaves the rest', async () => {
        const from = await makeTempFolder();
        await writeFile(path.join(from, 'a'), 'new');
        await sh('mkdir -p target; echo a longer old text > target/a; echo b > target/b');
        expect(await connection.upload(from, `${folder}/target`)).toMatchObject({ ok: true });
        expect(textOf(await sh('cat target/a target/b'))).toBe('newb\n');
      });

      it.each([
        ['climbs out', '../outside'],
        ['is absolute', '/etc/passwd'],
        ['climbs out after all', 'sub/../../outside'],
      ])('refuses a link that %s, and copies nothing', async (_, target) => {
        const from = await makeTempFolder();
        await mkdir(path.join(from, 'sub'));
        await writeFile(path.join(from, 'file'), 'x');
        await symlink(target, path.join(from, 'link'));
        const result = await connection.upload(from, `${folder}/refused`);
        expect(result).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
        expect(result.ok ? '' : result.failure.message).toContain('link');
        expect(textOf(await sh('ls refused 2>/dev/null'))).toBe('');
      });

      it('refuses such a link on the way back, too', async () => {
        await sh('mkdir -p leads/sub; echo x > leads/sub/x; ln -s ../../elsewhere leads/sub/out');
        const to = path.join(await makeTempFolder(), 'to');
        const result = await connection.download(`${folder}/leads`, to);
        expect(result).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
        await expect(readdir(to)).rejects.toThrow('ENOENT');
      });

      it('makes an absolute link that stays inside point to the copy', async () => {
        await sh(
          'mkdir -p run1/deep; echo r > run1/deep/result; ln -s "$PWD/run1/deep/result" run1/deep/latest',
        );
        const to = path.join(await makeTempFolder(), 'to');
        expect(await connection.download(`${folder}/run1`, to)).toMatchObject({ ok: true });
        await sh('rm -r run1');
        expect(await readFile(path.join(to, 'deep/latest'), 'utf8')).toBe('r\n');
      });

      it('says what is missing', async () => {
        const result = await connection.download(`${folder}/nothing-here`, '/tmp/never');
        expect(result).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
        expect(result.ok ? '' : result.failure.message).toContain('nothing-here');
      });

      it('says when the target cannot be written', async () => {
        const from = path.join(await makeTempFolder(), 'a');
        await writeFile(from, 'x');
        await sh('echo x > a-file');
        const result = await connection.upload(from, `${folder}/a-file/b`);
        expect(result).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
      });

      it('tells how far it is', async () => {
        const from = await makeTempFolder();
        for (const name of ['a', 'b'])
          await writeFile(path.join(from, name), Buffer.alloc(3_000_000));
        const seen: number[] = [];
        const result = await connection.upload(from, `${folder}/progress`, {
          onProgress: ({ bytes }) => seen.push(bytes),
        });
        expect(result).toEqual({ ok: true, value: { files: 2, bytes: 6_000_000 } });
        expect(seen.at(-1)).toBe(6_000_000);
        expect([...seen].sort((a, b) => a - b)).toEqual(seen);
        expect(seen.length).toBeGreaterThan(2);
      });

      it('leaves nothing incomplete behind when it is cancelled', async () => {
        const from = await makeTempFolder();
        await writeFile(path.join(from, 'big'), Buffer.alloc(30_000_000));
        const cancel = new AbortController();
        const result = await connection.upload(from, `${folder}/cancelled`, {
          signal: cancel.signal,
          onProgress: () => cancel.abort(),
        });
        expect(result).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
        expect(textOf(await sh('ls -A cancelled'))).toBe('');
      });

      it('never brings a file short that grows meanwhile', async () => {
        const stop = new AbortController();
        const growing = sh('while :; do head -c 100000 /dev/zero; sleep 0.01; done > growing', {
          signal: stop.signal,
        });
        while (Number(textOf(await sh('wc -c < growing 2>/dev/null'))) < 3_000_000) await wait(5);
        const before = Number(textOf(await sh('wc -c < growing')));
        const to = path.join(await makeTempFolder(), 'grown');
        const result = await connection.download(`${folder}/growing`, to);
        stop.abort();
        await growing;
        await sh('rm growing');
        // Never complete, or complete up to somewhere: both are honest.
        if (result.ok) expect((await stat(to)).size).toBeGreaterThanOrEqual(before);
        else expect(result.failure.kind).toBe('transfer');
      });
    });

    it('knows the home and the name of the login', async () => {
      const info = await connection.info();
      const asked = await sh('cd && pwd; id -un');
      const [home, user] = textOf(asked).split('\n');
      expect(info).toEqual({ ok: true, value: { home, user } });
    });

    describe('once closed', () => {
      it('has ended what ran on it and runs nothing more', async () => {
        const other = await open();
        const sink = new PassThrough();
        const command: Command = { argv: ['/bin/sh', '-c', 'echo $$; sleep 60'] };
        const running = other.exec(command, { stdout: sink });
        const pid = String(await nextChunk(sink)).trim();
        await other.close();
        await other.close();
        expect((await running).termination).not.toBe('exited');
        expect(await isAlive(pid)).toBe(false);
        expect((await other.exec({ argv: ['true'] })).termination).toBe('not-started');
      });
    });
  });
}

function textOf(result: CommandResult): string {
  return result.stdout.toString();
}

function reasonOf(result: CommandResult): string {
  return 'reason' in result ? result.reason : `not a failure: ${result.termination}`;
}

function nextChunk(stream: PassThrough): Promise<Buffer> {
  return new Promise((resolve) => stream.once('data', resolve));
}

function finished(sink: Writable): Promise<void> {
  return new Promise((resolve) => sink.end(resolve));
}
