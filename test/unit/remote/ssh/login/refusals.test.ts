import { describe, expect, it, onTestFinished } from 'vitest';

import { startSshServer, type SshServerOptions } from '../../../../support/ssh-server/start.js';
import { createLogins, failureOf, valueOf } from './login-context.js';

const start = async (options: SshServerOptions = {}) => {
  const server = await startSshServer(options);
  onTestFinished(() => server.stop());
  return server;
};
const withPassword = (password: string) => ({
  password,
  privateKeyPath: null,
  passphrase: null,
  agent: false,
});

describe('a login that was refused', () => {
  it('is not tried again, under whatever name', async () => {
    const server = await start({ accepts: { password: 'right' } });
    const logins = createLogins();
    const authentication = withPassword('wrong');
    const first = failureOf(await logins.logIn(server.nodeSpec({ name: 'a', authentication })));
    const second = failureOf(await logins.logIn(server.nodeSpec({ name: 'b', authentication })));
    expect(second).toEqual({ ...first, node: 'b' });
    expect(server.attempts).toEqual(['password']);
    expect(server.dials()).toBe(1);
  });

  it('does not stand for one with another password', async () => {
    const server = await start({ accepts: { password: 'right' } });
    const logins = createLogins();
    failureOf(await logins.logIn(server.nodeSpec({ authentication: withPassword('wrong') })));
    valueOf(await logins.logIn(server.nodeSpec({ authentication: withPassword('right') })));
  });

  it('by a jump host is the answer for every node behind it', async () => {
    const bastion = await start({ accepts: { password: 'right' } });
    const target = await start();
    const hop = bastion.nodeSpec({ name: 'bastion', authentication: withPassword('wrong') });
    const nodes = ['a', 'b'].map((name) => target.nodeSpec({ name, proxyJump: 'bastion' }));
    const logins = createLogins({ nodes: [hop, ...nodes] });
    for (const node of nodes) {
      const failure = failureOf(await logins.logIn(node));
      expect(failure).toMatchObject({ kind: 'authentication', node: node.name });
      expect(failure.message).toMatch(/^jump host bastion: /);
    }
    expect(bastion.attempts).toEqual(['password']);
  });

  it('is tried again where it was let in before: the server may be unwell', async () => {
    const accepts = { password: 'right' };
    const server = await start({ accepts });
    const node = server.nodeSpec({ authentication: withPassword('right') });
    const logins = createLogins();
    valueOf(await logins.logIn(node));
    accepts.password = 'none for now';
    expect(failureOf(await logins.logIn(node)).kind).toBe('authentication');
    accepts.password = 'right';
    valueOf(await logins.logIn(node));
  });
});
