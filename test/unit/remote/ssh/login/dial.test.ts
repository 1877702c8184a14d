import { createServer } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../../../../src/async/clock.js';
import { createSharedLogins } from '../../../../../src/remote/ssh/login/shared-logins.js';
import { SSHD_MISSING } from '../../../../support/sshd/requirements.js';
import { startSshd } from '../../../../support/sshd/start.js';
import { startSshServer, type SshServerOptions } from '../../../../support/ssh-server/start.js';
import { createLogins, execute, failureOf, valueOf } from './login-context.js';

const start = async (options: SshServerOptions = {}) => {
  const server = await startSshServer(options);
  onTestFinished(() => server.stop());
  return server;
};

describe('dialling', () => {
  it('reports a port that accepts and closes, once and at once', async () => {
    const server = await start({ faults: { closeAfterAccept: true } });
    const failure = failureOf(await createLogins().logIn(server.nodeSpec()));
    expect(failure).toMatchObject({ kind: 'unreachable', node: 'node1' });
    expect(failure.message).toMatch(/accepted the connection and (closed|reset) it without a word/);
    expect(server.dials()).toBe(1);
  });

  it('reports a port that accepts and closes for each of many dials', async () => {
    const server = await start({ faults: { closeAfterAccept: true } });
    const logins = createLogins({ handshakeTimeoutMs: 5_000 });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => logins.logIn(server.nodeSpec())),
    );
    expect(new Set(outcomes.map((outcome) => failureOf(outcome).kind))).toEqual(
      new Set(['unreachable']),
    );
  });

  it('reports a port that accepts and says nothing when the time is up', async () => {
    const server = await start({ faults: { silence: true } });
    const logins = createLogins({ handshakeTimeoutMs: 200 });
    const failure = failureOf(await logins.logIn(server.nodeSpec()));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toBe(
      `127.0.0.1:${server.port} accepted the connection and said nothing for 0.2 s`,
    );
    expect(server.dials()).toBe(1);
    await expect.poll(() => server.connections()).toBe(0);
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', '220 mail ESMTP\r\n'])(
    'tells what a server says that is no SSH server: %j',
    async (banner) => {
      const server = await start({ faults: { banner } });
      const logins = createLogins({ handshakeTimeoutMs: 300 });
      const failure = failureOf(await logins.logIn(server.nodeSpec()));
      expect(failure.kind).toBe('unreachable');
      expect(failure.message).toBe(
        `127.0.0.1:${server.port} is no SSH server: it says "${banner.trim()}"`,
      );
      expect(failure.hint).toContain('port');
    },
  );

  it('reports a refused connection and an unknown host at once', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const server = await start();
    const logins = createLogins();

    const refused = failureOf(await logins.logIn(server.nodeSpec({ port })));
    expect(refused.kind).toBe('unreachable');
    expect(refused.message).toBe(`127.0.0.1:${port} refused the connection`);
    const unknown = failureOf(
      await logins.logIn(server.nodeSpec({ host: 'no-such-host.invalid' })),
    );
    expect(unknown.kind).toBe('unreachable');
    expect(unknown.message).toMatch(/^the host name no-such-host\.invalid /);
  });

  it('dials again where a server takes only a few at once and says so, and dials fewer at a time', async () => {
    const server = await start({
      faults: { maxUnauthenticated: 2, dropMessage: 'Exceeded MaxStartups\r\n' },
    });
    const logins = createLogins();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => logins.logIn(server.nodeSpec())),
    );
    outcomes.forEach(valueOf);
    expect(server.mostUnauthenticated()).toBe(2);
    expect(server.dials()).toBeLessThan(60);
  });

  it('dials again where a server drops what is too much without a word', async () => {
    const server = await start({ faults: { maxUnauthenticated: 2 } });
    const logins = createLogins();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => logins.logIn(server.nodeSpec())),
    );
    outcomes.forEach(valueOf);
  });

  it('gives up on a server that never has room when the time is up', async () => {
    const server = await start({
      faults: { maxUnauthenticated: 0, dropMessage: 'Exceeded MaxStartups\r\n' },
    });
    const logins = createLogins({ handshakeTimeoutMs: 1_500 });
    const failure = failureOf(await logins.logIn(server.nodeSpec()));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toContain('takes no more logins at the moment');
    expect(server.dials()).toBeGreaterThan(1);
  });

  it('tells what a server has said rather than that it was silent when the time was up', async () => {
    const server = await start({
      faults: { maxUnauthenticated: 0, dropMessage: 'Exceeded MaxStartups\r\n' },
    });
    const pending = createLogins({ handshakeTimeoutMs: 1_500 }).logIn(server.nodeSpec());
    await expect.poll(() => server.dials()).toBeGreaterThan(0);
    server.faults.silence = true;
    const failure = failureOf(await pending);
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toContain('takes no more logins at the moment');
  });

  it.each([
    ['before the server says who it is', { silence: true }],
    ['while it is authenticated', { ignoreLogins: true }],
  ])('is cancelled %s and leaves nothing open', async (_when, faults) => {
    const server = await start({ faults });
    const controller = new AbortController();
    const pending = createLogins().logIn(server.nodeSpec(), controller.signal);
    await expect.poll(() => server.connections()).toBe(1);
    controller.abort();
    expect(failureOf(await pending)).toMatchObject({ kind: 'cancelled', node: 'node1' });
    await expect.poll(() => server.connections()).toBe(0);
  });

  it('reports a login that does not come to an end when the time is up', async () => {
    const server = await start({ faults: { ignoreLogins: true } });
    const logins = createLogins({ handshakeTimeoutMs: 300 });
    const failure = failureOf(await logins.logIn(server.nodeSpec()));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toBe(`127.0.0.1:${server.port} did not finish the login within 0.3 s`);
    await expect.poll(() => server.connections()).toBe(0);
  });

  it('counts the time from the moment a dial may begin', async () => {
    const server = await start({ faults: { ignoreLogins: true } });
    const shared = createSharedLogins({ clock: systemClock, dialsPerAddress: 1 });
    const logins = createLogins({ handshakeTimeoutMs: 200, shared });
    const outcomes = await Promise.all([1, 2, 3].map(() => logins.logIn(server.nodeSpec())));
    for (const outcome of outcomes) {
      expect(failureOf(outcome).message).toContain('did not finish the login within 0.2 s');
    }
    expect(server.dials()).toBe(3);
  });

  it('does not dial at all when it is cancelled before', async () => {
    const server = await start();
    const outcome = await createLogins().logIn(server.nodeSpec(), AbortSignal.abort());
    expect(failureOf(outcome).kind).toBe('cancelled');
    expect(server.dials()).toBe(0);
  });

  it('says which question nobody could answer', async () => {
    const server = await start({
      accepts: { keyboardInteractive: { prompt: 'Verification code: ', echo: true, answer: '1' } },
    });
    const failure = failureOf(await createLogins().logIn(server.nodeSpec()));
    expect(failure.kind).toBe('authentication');
    expect(failure.message).toContain('it asked "Verification code:"');
  });
});

describe('a connection that is logged in', () => {
  it('tells that the node reset it', async () => {
    const server = await start();
    const login = valueOf(await createLogins().logIn(server.nodeSpec()));
    server.reset();
    expect(await login.lost).toBe('connection reset');
  });

  it('tells that the node closed it', async () => {
    const server = await start();
    const login = valueOf(await createLogins().logIn(server.nodeSpec()));
    server.sayGoodbye();
    expect(await login.lost).toBe('closed by the node');
  });

  it('tells that the node no longer answers', async () => {
    const server = await start();
    const node = server.nodeSpec({ keepaliveIntervalMs: 50 });
    const login = valueOf(await createLogins().logIn(node));
    server.stall();
    expect(await login.lost).toBe('no answer for 0.15 s');
  });

  it('is closed for good, however often that is asked for', async () => {
    const server = await start();
    const login = valueOf(await createLogins().logIn(server.nodeSpec()));
    await Promise.all([login.close(), login.close()]);
    await login.close();
    expect(await login.lost).toBe('closed');
    await expect.poll(() => server.connections()).toBe(0);
  });

  it('ends its channels when it is lost', async () => {
    const server = await start({ faults: { resetDuring: /sleep/ } });
    const login = valueOf(await createLogins().logIn(server.nodeSpec()));
    expect(await execute(login, 'sleep 0.1; echo never')).toBe('');
    // A reset right behind some data looks like an orderly end to libuv.
    expect(await login.lost).toMatch(/^(connection reset|closed by the node)$/);
  });
});

describe.skipIf(SSHD_MISSING !== null)(
  `dialling a real sshd (${SSHD_MISSING ?? 'is there'})`,
  () => {
    it('gets 20 logins through a sshd with MaxStartups 2:100:2', async () => {
      const sshd = await startSshd({ config: ['MaxStartups 2:100:2'] });
      onTestFinished(() => sshd.stop());
      const logins = createLogins();
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => logins.logIn(sshd.nodeSpec())),
      );
      outcomes.forEach(valueOf);
      await expect.poll(() => sshd.log()).toMatch(/MaxStartups/);
    });

    it('tells that there is no algorithm in common', async () => {
      const sshd = await startSshd({ config: ['KexAlgorithms diffie-hellman-group14-sha1'] });
      onTestFinished(() => sshd.stop());
      const failure = failureOf(await createLogins().logIn(sshd.nodeSpec()));
      expect(failure.kind).toBe('unreachable');
      expect(failure.message).toBe(
        `127.0.0.1:${sshd.port} and playbook have no key exchange algorithm in common`,
      );
      expect(failure.hint).toContain('KexAlgorithms');
    });

    it('tells that an account may not log in although the credential is right', async () => {
      const sshd = await startSshd({ config: ['DenyUsers root'] });
      onTestFinished(() => sshd.stop());
      const failure = failureOf(await createLogins().logIn(sshd.nodeSpec()));
      expect(failure.kind).toBe('authentication');
      expect(failure.message).toContain('does not let root in');
    });

    it('tells that a session was killed, and logs in again once sshd is back', async () => {
      const sshd = await startSshd();
      onTestFinished(() => sshd.stop());
      const logins = createLogins();
      const login = valueOf(await logins.logIn(sshd.nodeSpec()));
      await sshd.restart();
      expect(await login.lost).toMatch(/^(closed by the node|connection reset)$/);
      valueOf(await logins.logIn(sshd.nodeSpec()));
    });
  },
);
