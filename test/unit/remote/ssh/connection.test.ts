import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import type { Connection } from '../../../../src/remote/connection.js';
import { describeConnection } from '../../../contract/connection.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { openOverSsh, sshConnector } from '../../../support/ssh-connections.js';
import { runCommand } from '../../../support/ssh-server/run-command.js';
import { type SshServer, startSshServer } from '../../../support/ssh-server/start.js';
import { run } from '../../../support/sshd/commands.js';
import { SSHD_MISSING } from '../../../support/sshd/requirements.js';
import { type Sshd, startSshd } from '../../../support/sshd/start.js';
import { type SystemUser, addSystemUser } from '../../../support/sshd/user.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const isEverythingRequired = process.env['PLAYBOOK_TEST_REQUIRES'] !== undefined;

/** A zombie is over; whoever inherited it may be slow to collect it. */
const isAlive = (pid: string | number) => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};
const untilGone = async (pid: string | number) => {
  while (isAlive(pid)) await wait(10);
};
/** A clock whose waits can be made shorter. */
const createFastClock = () => {
  const fast = {
    ...systemClock,
    speed: 1,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / fast.speed, signal),
  };
  return fast;
};
const untilNothingRuns = async (login: string) => {
  while ((await run('ps', '-eo', 'user:64,args')).includes(`\n${login} `)) await wait(20);
};
const untilWritten = async (file: string) => {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await wait(5);
  }
};

describe.skipIf(SSHD_MISSING !== null)('over a real sshd', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  describe('as a plain user', () => {
    let user: SystemUser;
    beforeAll(async () => {
      user = await addSystemUser();
    });
    afterAll(() => user.remove());

    describeConnection('real ssh', () => openOverSsh(sshd.nodeSpec({ username: user.name })));
  });

  describe('with a login shell that is not plain', () => {
    let user: SystemUser | null = null;
    afterEach(async () => {
      await user?.remove();
      user = null;
    });
    const echo = async (connection: Connection) => {
      const command = {
        argv: ['sh', '-c', 'printf "%s|%s" "$1" "$ODD"; echo err >&2', 'sh', "a 'b' $c"],
        env: { ODD: 'x\n"y" \\' },
      } as const;
      const asked = await connection.exec(command);
      const sink = new PassThrough();
      const streamed = await connection.exec(command, { stdout: sink });
      await connection.close();
      return [
        [asked.stdout.toString(), asked.stderr.toString()],
        [String(sink.read()), streamed.stderr.toString()],
      ];
    };
    const expected = [`a 'b' $c|x\n"y" \\`, 'err\n'];

    it.for(['/usr/bin/fish', '/bin/bash', '/bin/dash'])(
      'runs programs the same: %s',
      async (shell, context) => {
        context.skip(!existsSync(shell) && !isEverythingRequired, `${shell} is not installed`);
        user = await addSystemUser(shell);
        const connection = await openOverSsh(sshd.nodeSpec({ username: user.name }));
        expect(await echo(connection)).toEqual([expected, expected]);
      },
    );

    it('does not take what an rc file prints for output', async () => {
      user = await addSystemUser('/bin/bash');
      await writeFile(
        path.join(user.home, '.bashrc'),
        'echo "Welcome to $(hostname)!"; printf "no newline" >&2\n',
      );
      const connection = await openOverSsh(sshd.nodeSpec({ username: user.name }));
      expect(await echo(connection)).toEqual([expected, expected]);
    });

    it('starts nothing behind a slow rc file any more once that was cancelled, and returns at once', async () => {
      user = await addSystemUser('/bin/bash');
      const { home, name } = user;
      const connection = await openOverSsh(sshd.nodeSpec({ username: name }));
      expect((await connection.exec({ argv: ['true'] })).termination).toBe('exited');
      const hasBegun = path.join(home, 'begun');
      await writeFile(path.join(home, '.bashrc'), `echo >> ${hasBegun}; sleep 3; echo done >&2\n`);
      const stop = new AbortController();
      const command = { argv: ['sh', '-c', 'echo > started; sleep 60'] } as const;
      const streamed = connection.exec(command, { stdout: new PassThrough(), signal: stop.signal });
      await untilWritten(hasBegun);
      const cancelledAt = performance.now();
      stop.abort();
      expect((await streamed).termination).toBe('cancelled');
      expect(performance.now() - cancelledAt).toBeLessThan(2_500);
      await connection.close();
      expect(performance.now() - cancelledAt).toBeLessThan(10_000);
      // The login shell goes on to its end, and has nothing to run then.
      await untilNothingRuns(name);
      expect(existsSync(path.join(home, 'started'))).toBe(false);
    });

    it('says so where the login runs no commands, with what it printed', async () => {
      user = await addSystemUser('/usr/sbin/nologin');
      const connection = await openOverSsh(sshd.nodeSpec({ username: user.name }));
      const ran = await connection.exec({ argv: ['true'] });
      expect(ran).toMatchObject({ termination: 'not-started' });
      expect('reason' in ran && ran.reason).toContain('This account is currently not available');
      expect(await connection.info()).toMatchObject({
        ok: false,
        failure: { kind: 'unreachable' },
      });
      await connection.close();
    });

    it('shows no variable in the list of processes, on the node', async () => {
      user = await addSystemUser();
      const connection = await openOverSsh(sshd.nodeSpec({ username: user.name }));
      const env = { TOKEN: 'sesame-open' };
      const list = { argv: ['ps', '-eo', 'args'], env } as const;
      // The list may be longer than a stream holds that nobody reads.
      const sink = new PassThrough({ highWaterMark: 2 ** 26 });
      await connection.exec(list, { stdout: sink });
      const { stdout } = await connection.exec(list);
      const seen = `${stdout.toString()}${String(sink.read())}`;
      expect(seen).toContain('ps -eo args');
      expect(seen).not.toContain('sesame-open');
      await connection.close();
    });
  });

  describe('with forty programs at once', () => {
    it('queues and spreads them over what sshd allows, and learns that from refusals', async () => {
      await sshd.restart(['MaxSessions 3']);
      const connection = await openOverSsh(sshd.nodeSpec());
      const runs = Array.from({ length: 40 }, async (_, index) => {
        const sink = new PassThrough();
        const ran = await connection.exec(
          { argv: ['sh', '-c', `sleep 0.1; echo ${index}`] },
          // Some as questions, some on sessions of their own.
          index % 2 === 0 ? {} : { stdout: sink },
        );
        return [ran.termination, index % 2 === 0 ? ran.stdout.toString() : String(sink.read())];
      });
      expect(await Promise.all(runs)).toEqual(
        Array.from({ length: 40 }, (_, index) => ['exited', `${index}\n`]),
      );
      await connection.close();
      await sshd.restart();
    });

    it('can still end them when no session is left', async () => {
      await sshd.restart(['MaxSessions 2']);
      const opened = await sshConnector([], { max: 1 })(sshd.nodeSpec());
      if (!opened.ok) throw new Error(opened.failure.message);
      const folder = await makeTempFolder();
      const running = opened.value.exec(
        { argv: ['sh', '-c', `echo $$ > ${folder}/pid; sleep 60`] },
        { stdout: new PassThrough(), timeoutMs: 1_000, graceMs: 100 },
      );
      const pid = await untilWritten(`${folder}/pid`);
      expect((await running).termination).toBe('timed-out');
      expect(isAlive(pid)).toBe(false);
      await opened.value.close();
      await sshd.restart();
    });
  });

  describe('when the connection is lost', () => {
    it('never takes that for a success, and ends what ran over the next connection', async () => {
      const connect = sshConnector();
      const opened = await connect(sshd.nodeSpec());
      if (!opened.ok) throw new Error(opened.failure.message);
      const connection = opened.value;
      const folder = await makeTempFolder();
      const script = `trap '' TERM HUP; echo $$ > ${folder}/pid; while :; do sleep 1; done`;
      const running = connection.exec(
        { argv: ['sh', '-c', script] },
        { stdout: new PassThrough(), graceMs: 50 },
      );
      const asked = connection.exec({ argv: ['sh', '-c', `echo $$ > ${folder}/asked; sleep 60`] });
      const pids = [await untilWritten(`${folder}/pid`), await untilWritten(`${folder}/asked`)];
      await sshd.killSessions();
      expect((await running).termination).toBe('connection-lost');
      expect((await asked).termination).toBe('connection-lost');
      expect(connection.isOpen()).toBe(false);
      await connection.close();
      for (const pid of pids) expect(isAlive(pid)).toBe(false);
    });

    it('ends it first of all when the node answers again later', async () => {
      const connect = sshConnector();
      const opened = await connect(sshd.nodeSpec());
      if (!opened.ok) throw new Error(opened.failure.message);
      const folder = await makeTempFolder();
      const script = `trap '' TERM HUP; echo $$ > ${folder}/pid; while :; do sleep 1; done`;
      const running = opened.value.exec(
        { argv: ['sh', '-c', script] },
        { stdout: new PassThrough() },
      );
      const pid = await untilWritten(`${folder}/pid`);
      await sshd.kill();
      expect((await running).termination).toBe('connection-lost');
      await opened.value.close();
      expect(isAlive(pid)).toBe(true);
      await sshd.restart();
      const again = await connect(sshd.nodeSpec());
      if (!again.ok) throw new Error(again.failure.message);
      await untilGone(pid);
      await again.value.close();
    });
  });

  it('writes 64 MB to each stream in bounded memory, byte-identical', async () => {
    const connection = await openOverSsh(sshd.nodeSpec());
    const script =
      'head -c 67108864 /dev/zero | tr "\\0" a & head -c 67108864 /dev/zero | tr "\\0" b >&2; wait';
    const counts = { a: 0, b: 0, others: 0 };
    const counter = (letter: 'a' | 'b') =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          const own = chunk.every((byte) => byte === letter.charCodeAt(0));
          counts[own ? letter : 'others'] += chunk.length;
          done();
        },
      });
    const before = process.memoryUsage().rss;
    await connection.exec(
      { argv: ['sh', '-c', script] },
      { stdout: counter('a'), stderr: counter('b') },
    );
    expect(counts).toEqual({ a: 67_108_864, b: 67_108_864, others: 0 });
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    await connection.close();
  });
});

describe('over a server in this process', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await startSshServer();
  });
  afterAll(() => server.stop());

  describeConnection('in-process ssh', () =>
    openOverSsh(server.nodeSpec({ username: userInfo().username })),
  );

  it('leaks no channel in two hundred transfers', async () => {
    const connection = await openOverSsh(server.nodeSpec());
    const from = await makeTempFolder();
    const there = await makeTempFolder();
    await writeFile(path.join(from, 'file'), 'content');
    for (let batch = 0; batch < 200; batch += 8) {
      const copies = Array.from({ length: 8 }, (_, index) =>
        connection.upload(from, path.join(there, String(batch + index))),
      );
      expect((await Promise.all(copies)).every(({ ok }) => ok)).toBe(true);
    }
    // What is kept open for questions is all there is, once the server has heard of the last ones that were closed.
    await vi.waitFor(() => {
      expect(server.sessions()).toBeLessThan(5);
    }, 10_000);
    await connection.close();
  }, 60_000);
});

describe('over a server that fails', () => {
  let server: SshServer;
  beforeEach(async () => {
    server = await startSshServer();
  });
  afterEach(() => server.stop());

  it('finds a connection that is reset in the middle of a program', async () => {
    const connection = await openOverSsh(server.nodeSpec());
    const running = connection.exec(
      { argv: ['sh', '-c', 'echo begun; sleep 60'] },
      { stdout: new PassThrough() },
    );
    await wait(200);
    server.reset();
    const ran = await running;
    expect(ran.termination).toBe('connection-lost');
    await connection.close();
  });

  it.each([
    [1, 1],
    [5, 4],
  ])(
    'gives up shells that nobody needs where %i sessions are allowed, and no further login',
    async (maxSessions, questions) => {
      server.faults.maxSessions = maxSessions;
      const opened = await sshConnector([], { max: 0 })(server.nodeSpec());
      if (!opened.ok) throw new Error(opened.failure.message);
      const connection = opened.value;
      const ask = () => connection.exec({ argv: ['sh', '-c', 'sleep 0.2; echo answer'] });
      const stream = async () => {
        const sink = new PassThrough();
        await connection.exec({ argv: ['echo', 'streamed'] }, { stdout: sink });
        return String(sink.read());
      };
      await Promise.all(Array.from({ length: questions }, ask));
      expect(await stream()).toBe('streamed\n');
      const answers = Array.from({ length: questions }, ask);
      // Asks for a session while all are in use.
      expect(await stream()).toBe('streamed\n');
      for (const answer of answers) expect(String((await answer).stdout)).toBe('answer\n');
      await connection.close();
    },
  );

  it('tells the loss of a further login from a login without a shell', async () => {
    server.faults.maxSessions = 1;
    const connection = await openOverSsh(server.nodeSpec());
    const stop = new AbortController();
    const sink = new PassThrough();
    const command = { argv: ['sh', '-c', 'echo begun; sleep 60'] } as const;
    const first = connection.exec(command, { stdout: sink, signal: stop.signal });
    await new Promise((resolve) => sink.once('data', resolve));
    server.faults.resetDuring = /./;
    const second = await connection.exec(command, { stdout: new PassThrough() });
    expect(second.termination).toBe('connection-lost');
    delete server.faults.resetDuring;
    stop.abort();
    expect((await first).termination).toBe('cancelled');
    await connection.close();
  });

  it('finds a node that no longer answers within three keepalives', async () => {
    const connection = await openOverSsh(server.nodeSpec({ keepaliveIntervalMs: 100 }));
    const sink = new PassThrough();
    const running = connection.exec(
      { argv: ['sh', '-c', 'echo begun; sleep 60'] },
      { stdout: sink },
    );
    await new Promise((resolve) => sink.once('data', resolve));
    const begin = performance.now();
    server.stall();
    const ran = await running;
    expect(ran.termination).toBe('connection-lost');
    expect(performance.now() - begin).toBeLessThan(3_000);
    await server.stop();
    await connection.close();
  });

  it('is done with a program whose time is up also where no shell looks after it any more', async () => {
    const clock = createManualClock();
    const opened = await sshConnector([], { clock })(server.nodeSpec());
    if (!opened.ok) throw new Error(opened.failure.message);
    const connection = opened.value;
    const sink = new PassThrough();
    const running = connection.exec(
      { argv: ['sh', '-c', 'echo $$; exec sleep 600'] },
      { stdout: sink, timeoutMs: 1_000 },
    );
    const pid = await new Promise<string>((resolve) =>
      sink.once('data', (line) => resolve(String(line).trim())),
    );
    // As where the login's home lies in a file system that hangs.
    server.faults.hangOn = /./;
    await clock.advance(1_000);
    await clock.sleeping();
    await clock.advance(15_000);
    await clock.sleeping();
    await clock.advance(2_000);
    expect((await running).termination).toBe('timed-out');
    const asked = connection.exec({ argv: ['true'] }, { timeoutMs: 1_000 });
    await clock.sleeping();
    await clock.advance(1_000);
    expect((await asked).termination).toBe('timed-out');
    process.kill(Number(pid), 'SIGKILL');
    server.reset();
    await connection.close();
  });

  it('tells a refusal of every session from a lost connection', async () => {
    server.faults.maxSessions = 0;
    const connection = await openOverSsh(server.nodeSpec());
    const ran = await connection.exec({ argv: ['true'] });
    expect(ran).toMatchObject({ termination: 'not-started' });
    await connection.close();
  });
});

describe('over a server whose login shell hangs', () => {
  let server: SshServer;
  let hangs: boolean;
  beforeEach(async () => {
    hangs = true;
    server = await startSshServer({
      onExec: (command, channel) => {
        runCommand(channel, hangs ? 'sleep 60' : command, {});
      },
    });
  });
  afterEach(() => server.stop());

  it('waits for it no longer than each command may take, nor longer than the connection is open', async () => {
    const connection = await openOverSsh(server.nodeSpec());
    const stop = new AbortController();
    const answered = connection.exec({ argv: ['true'] }, { signal: stop.signal });
    const streamed = connection.exec(
      { argv: ['true'] },
      { stdout: new PassThrough(), signal: stop.signal },
    );
    const timedOut = await connection.exec({ argv: ['true'] }, { timeoutMs: 50 });
    expect(timedOut.termination).toBe('timed-out');
    stop.abort();
    expect((await answered).termination).toBe('cancelled');
    expect((await streamed).termination).toBe('cancelled');
    const info = connection.info();
    await connection.close();
    expect(await info).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
  });

  it('says so in the end, where nobody else ends the wait', async () => {
    const clock = createFastClock();
    const opened = await sshConnector([], { clock })(server.nodeSpec());
    if (!opened.ok) throw new Error(opened.failure.message);
    clock.speed = 100;
    const streamed = await opened.value.exec({ argv: ['true'] }, { stdout: new PassThrough() });
    expect(streamed).toMatchObject({
      termination: 'not-started',
      reason: 'the login shell was not ready after 30 s',
    });
    await opened.value.close();
  });

  it('gives up ending a program that it cannot reach, and does so over the next connection', async () => {
    const clock = createFastClock();
    const connect = sshConnector([], { clock });
    const opened = await connect(server.nodeSpec());
    if (!opened.ok) throw new Error(opened.failure.message);
    const sink = new PassThrough();
    const stop = new AbortController();
    hangs = false;
    const running = opened.value.exec(
      { argv: ['sh', '-c', 'echo $$; sleep 60'] },
      { stdout: sink, signal: stop.signal },
    );
    const pid = String(await new Promise((resolve) => sink.once('data', resolve))).trim();
    hangs = true;
    clock.speed = 20;
    stop.abort();
    expect((await running).termination).toBe('cancelled');
    expect(isAlive(pid)).toBe(true);
    await opened.value.close();
    hangs = false;
    clock.speed = 1;
    const again = await connect(server.nodeSpec());
    expect(isAlive(pid)).toBe(false);
    if (again.ok) await again.value.close();
  });
});
