import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../../../../src/async/clock.js';
import { createBudget } from '../../../../../src/remote/pool/budget.js';
import { createSharedLogins } from '../../../../../src/remote/ssh/login/shared-logins.js';
import { nodeSpec } from '../../../../support/specs.js';
import { startSshServer, type SshServerOptions } from '../../../../support/ssh-server/start.js';
import { SSHD_MISSING } from '../../../../support/sshd/requirements.js';
import { startSshd, type Sshd } from '../../../../support/sshd/start.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { createLogins, execute, failureOf, valueOf } from './login-context.js';

const start = async (options: SshServerOptions = {}) => {
  const server = await startSshServer(options);
  onTestFinished(() => server.stop());
  return server;
};

describe('jump hosts', () => {
  it('goes through a node with its own login and host key', async () => {
    const bastion = await start({ accepts: { password: 'of the bastion' } });
    const target = await start({ accepts: { password: 'of the target' } });
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const node = target.nodeSpec({ name: 'inner', proxyJump: 'bastion' });
    const login = valueOf(await createLogins({ nodes: [hop, node] }).logIn(node));
    expect(await execute(login, 'echo through')).toBe('through\n');
    expect(login.address).toBe(`127.0.0.1:${target.port}`);
    expect(bastion.attempts).toEqual(['password']);
  });

  it('are named in what to do about an unknown host key behind them', async () => {
    const servers = [await start(), await start(), await start()] as const;
    const [outer, middle] = [
      servers[0].nodeSpec({ name: 'outer' }),
      servers[1].nodeSpec({ name: 'middle', proxyJump: 'outer' }),
    ];
    const node = servers[2].nodeSpec({ proxyJump: 'middle', knownHosts: '/dev/null' });
    const failure = failureOf(await createLogins({ nodes: [outer, middle, node] }).logIn(node));
    expect(failure.kind).toBe('host_key');
    const [first, last, target] = servers.map(({ port }) => port);
    expect(failure.hint).toContain(
      `: ssh -J tester@127.0.0.1:${first} -p ${last} tester@127.0.0.1 ssh-keyscan -p ${target} 127.0.0.1 >> /dev/null`,
    );
  });

  it('follows the jump hosts of a jump host', async () => {
    const servers = [await start(), await start(), await start()] as const;
    const outer = servers[0].nodeSpec({ name: 'outer' });
    const middle = servers[1].nodeSpec({ name: 'middle', proxyJump: 'outer' });
    const node = servers[2].nodeSpec({ name: 'inner', proxyJump: 'middle' });
    const login = valueOf(await createLogins({ nodes: [outer, middle, node] }).logIn(node));
    expect(servers.map((server) => server.dials())).toEqual([1, 1, 1]);
    await login.close();
    await expect.poll(() => servers.map((server) => server.connections())).toEqual([0, 0, 0]);
  });

  it('logs in to a jump host once for all nodes behind it, and out when the last has gone', async () => {
    const bastion = await start();
    const target = await start();
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const nodes = Array.from({ length: 20 }, (_, index) =>
      target.nodeSpec({ name: `node${index}`, proxyJump: 'bastion' }),
    );
    const logins = createLogins({ nodes: [hop, ...nodes] });
    const open = (await Promise.all(nodes.map((node) => logins.logIn(node)))).map(valueOf);
    expect(bastion.dials()).toBe(1);
    expect(target.dials()).toBe(20);
    const [last, ...others] = open;
    await Promise.all(others.map((login) => login.close()));
    expect(bastion.connections()).toBe(1);
    await last?.close();
    await expect.poll(() => bastion.connections()).toBe(0);
  });

  it('counts a jump host among the connections as long as it is open', async () => {
    const bastion = await start();
    const target = await start();
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const nodes = ['a', 'b'].map((name) => target.nodeSpec({ name, proxyJump: 'bastion' }));
    const budget = createBudget(1);
    const shared = createSharedLogins({ clock: systemClock, budget });
    const logins = createLogins({ nodes: [hop, ...nodes], shared });
    const [first, second] = (await Promise.all(nodes.map((node) => logins.logIn(node)))).map(
      valueOf,
    );
    expect(budget.tryTake()).toBe(false);
    await first?.close();
    expect(budget.tryTake()).toBe(false);
    await second?.close();
    await expect.poll(() => budget.tryTake()).toBe(true);
  });

  it('counts no jump host that cannot be logged in to', async () => {
    const bastion = await start({ accepts: { password: 'another' } });
    const target = await start();
    const hop = {
      ...bastion.nodeSpec({ name: 'bastion' }),
      authentication: target.nodeSpec().authentication,
    };
    const node = target.nodeSpec({ name: 'a', proxyJump: 'bastion' });
    const budget = createBudget(1);
    const shared = createSharedLogins({ clock: systemClock, budget });
    failureOf(await createLogins({ nodes: [hop, node], shared }).logIn(node));
    expect(budget.tryTake()).toBe(true);
  });

  it('goes on with the others when one that waits for the same jump host is cancelled', async () => {
    const bastion = await start();
    const target = await start();
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const node = target.nodeSpec({ proxyJump: 'bastion' });
    const logins = createLogins({ nodes: [hop, node] });
    const controller = new AbortController();
    const cancelled = logins.logIn(node, controller.signal);
    const other = logins.logIn(node);
    await expect.poll(() => bastion.dials()).toBe(1);
    controller.abort();
    expect(failureOf(await cancelled).kind).toBe('cancelled');
    valueOf(await other);
  });

  it('leaves no connection to a jump host behind when everybody is cancelled', async () => {
    const bastion = await start({ faults: { silence: true } });
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const node = nodeSpec({ transport: 'ssh', proxyJump: 'bastion', useSshConfig: false });
    const controller = new AbortController();
    const logins = createLogins({ nodes: [hop, node] });
    const pending = [logins.logIn(node, controller.signal), logins.logIn(node, controller.signal)];
    await expect.poll(() => bastion.connections()).toBe(1);
    controller.abort();
    for (const outcome of await Promise.all(pending)) {
      expect(failureOf(outcome).kind).toBe('cancelled');
    }
    await expect.poll(() => bastion.connections()).toBe(0);
  });

  it('tells that the jump host was lost, and takes a new one the next time', async () => {
    const bastion = await start();
    const target = await start();
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const node = target.nodeSpec({ proxyJump: 'bastion' });
    const logins = createLogins({ nodes: [hop, node] });
    const login = valueOf(await logins.logIn(node));
    bastion.reset();
    expect(await login.lost).toBe('the connection to jump host bastion ended: connection reset');
    valueOf(await logins.logIn(node));
    expect(bastion.dials()).toBe(2);
  });

  it('names the jump host that fails, and keeps the kind of failure', async () => {
    const bastion = await start({ accepts: { password: 'right' } });
    const target = await start();
    const wrong = { password: 'wrong', privateKeyPath: null, passphrase: null, agent: false };
    const hop = bastion.nodeSpec({ name: 'bastion', authentication: wrong });
    const node = target.nodeSpec({ name: 'inner', proxyJump: 'bastion' });
    const failure = failureOf(await createLogins({ nodes: [hop, node] }).logIn(node));
    expect(failure).toMatchObject({ kind: 'authentication', node: 'inner' });
    expect(failure.message).toMatch(/^jump host bastion: /);
    expect(target.dials()).toBe(0);
  });

  it('checks the host key of a jump host', async () => {
    const bastion = await start();
    const target = await start();
    const hop = bastion.nodeSpec({ name: 'bastion', knownHosts: target.knownHostsFile });
    const node = target.nodeSpec({ proxyJump: 'bastion' });
    const failure = failureOf(await createLogins({ nodes: [hop, node] }).logIn(node));
    expect(failure.kind).toBe('host_key');
    expect(failure.message).toMatch(/^jump host bastion: the host key of .* is not known/);
    expect(bastion.attempts).toEqual([]);
  });

  it('tells that a jump host cannot reach the node, or does not let anybody through', async () => {
    const bastion = await start();
    const hop = bastion.nodeSpec({ name: 'bastion' });
    const node = nodeSpec({ transport: 'ssh', port: 1, proxyJump: 'bastion', useSshConfig: false });
    const password = { ...node.authentication, password: 'any' };
    const logins = createLogins({ nodes: [hop, node] });
    const failure = failureOf(await logins.logIn({ ...node, authentication: password }));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toMatch(/^jump host bastion .* 127\.0\.0\.1:1: /);
  });

  it('names a circle of jump hosts before anything is dialled', async () => {
    const server = await start();
    const a = server.nodeSpec({ name: 'a', proxyJump: 'b' });
    const b = server.nodeSpec({ name: 'b', proxyJump: 'c' });
    const c = server.nodeSpec({ name: 'c', proxyJump: 'a' });
    const failure = failureOf(await createLogins({ nodes: [a, b, c] }).logIn(a));
    expect(failure).toMatchObject({ kind: 'unreachable', node: 'a' });
    expect(failure.message).toBe('proxy_jump goes round in a circle: a → b → c → a');
    expect(server.dials()).toBe(0);
  });

  it('does not give the password of a node to a free-standing jump host', async () => {
    const bastion = await start({ accepts: { password: 'secret' } });
    const target = await start({ accepts: { password: 'secret' } });
    const known = path.join(await makeTempFolder(), 'known_hosts');
    await writeFile(known, `${bastion.hostKeyLine()}\n${target.hostKeyLine()}\n`);
    const proxyJump = `tester@127.0.0.1:${bastion.port}`;
    const node = target.nodeSpec({ proxyJump, knownHosts: known });
    const failure = failureOf(await createLogins({ nodes: [node] }).logIn(node));
    expect(failure.kind).toBe('authentication');
    expect(failure.message).toContain(`jump host ${proxyJump}`);
    expect(bastion.attempts).toEqual([]);
  });

  it('says what a jump host has to look like', async () => {
    const node = nodeSpec({ transport: 'ssh', proxyJump: 'a b', useSshConfig: false });
    const failure = failureOf(await createLogins({ nodes: [node] }).logIn(node));
    expect(failure.message).toBe('`a b` is no jump host');
  });
});

describe.skipIf(SSHD_MISSING !== null)(
  `jump hosts that are real sshds (${SSHD_MISSING ?? 'are there'})`,
  () => {
    let sshds: readonly [Sshd, Sshd, Sshd];
    beforeAll(async () => {
      sshds = await Promise.all([startSshd(), startSshd(), startSshd()]);
    });
    afterAll(() => Promise.all(sshds.map((sshd) => sshd.stop())));

    it('goes through two free-standing hosts with the key of the node', async () => {
      const [first, second, last] = sshds;
      const folder = await makeTempFolder();
      const knownHosts = path.join(folder, 'known_hosts');
      await writeFile(knownHosts, sshds.map(({ hostKeyLine }) => `${hostKeyLine}\n`).join(''));
      const key = await readFile(`${last.keyFile}.pub`);
      await Promise.all([first, second].map((sshd) => appendFile(sshd.authorizedKeysFile, key)));
      const proxyJump = `root@127.0.0.1:${first.port},ssh://root@127.0.0.1:${second.port}`;
      const node = last.nodeSpec({ proxyJump, knownHosts });
      const login = valueOf(await createLogins({ nodes: [node] }).logIn(node));
      expect(await execute(login, 'echo through two')).toBe('through two\n');
    });

    it('tells that a jump host forbids forwarding', async () => {
      const [first, , last] = sshds;
      await first.restart(['AllowTcpForwarding no']);
      onTestFinished(() => first.restart([]));
      const hop = first.nodeSpec({ name: 'bastion' });
      const node = last.nodeSpec({ proxyJump: 'bastion' });
      const failure = failureOf(await createLogins({ nodes: [hop, node] }).logIn(node));
      expect(failure.kind).toBe('unreachable');
      expect(failure.message).toContain('jump host bastion does not allow a connection to');
      expect(failure.hint).toContain('AllowTcpForwarding');
    });

    it('follows ProxyJump, HostName, Port, IdentityFile, Match and Include of ssh_config', async () => {
      const [first, , last] = sshds;
      const home = await makeTempFolder();
      await mkdir(path.join(home, '.ssh/more'), { recursive: true });
      const knownHosts = path.join(home, 'known_hosts');
      await writeFile(knownHosts, `${first.hostKeyLine}\n${last.hostKeyLine}\n`);
      await writeFile(
        path.join(home, '.ssh/config'),
        [
          `Include ${home}/.ssh/more/*.conf`,
          'Host inner-*',
          '  ProxyJump gate',
          `  IdentityFile ${last.keyFile}`,
          'Match originalhost inner-1 exec "test 1 = 1"',
          '  HostName 127.0.0.1',
          `  Port ${last.port}`,
          'Host *',
          `  UserKnownHostsFile ${knownHosts}`,
          '  User root',
          '',
        ].join('\n'),
      );
      await writeFile(
        path.join(home, '.ssh/more/gate.conf'),
        `Host gate\n  HostName 127.0.0.1\n  Port ${first.port}\n  IdentityFile ${first.keyFile}\n`,
      );
      const environment = { HOME: home, USER: 'nobody', PATH: process.env['PATH'] };
      const unwritten = { port: null, hostKey: null, knownHosts: null, username: null };
      const none = { password: null, privateKeyPath: null, passphrase: null, agent: false };
      const node = { ...nodeSpec({ transport: 'ssh', authentication: none }), ...unwritten };
      const inner = { ...node, name: 'inner', host: 'inner-1', useSshConfig: true };
      const login = valueOf(await createLogins({ environment }).logIn(inner));
      expect(login.user).toBe('root');
      expect(await execute(login, 'echo by configuration')).toBe('by configuration\n');
    });
  },
);
