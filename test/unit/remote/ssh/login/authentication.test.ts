import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { NodeAuthentication } from '../../../../../src/model/node.js';
import { startAgent } from '../../../../support/sshd/agent.js';
import { makeKey } from '../../../../support/sshd/commands.js';
import { SSHD_MISSING } from '../../../../support/sshd/requirements.js';
import { startSshServer } from '../../../../support/ssh-server/start.js';
import { startSshd, type Sshd, type SshdOptions } from '../../../../support/sshd/start.js';
import { addSystemUser, type SystemUser } from '../../../../support/sshd/user.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { createLogins, execute, failureOf, valueOf } from './login-context.js';

const nothing: NodeAuthentication = {
  password: null,
  privateKeyPath: null,
  passphrase: null,
  agent: false,
};

describe.skipIf(SSHD_MISSING !== null)(
  `logging in to a real sshd (${SSHD_MISSING ?? 'is there'})`,
  () => {
    let sshd: Sshd;
    let user: SystemUser;
    let count = 0;

    beforeAll(async () => {
      [sshd, user] = await Promise.all([
        startSshd({
          config: ['PasswordAuthentication yes', 'KbdInteractiveAuthentication yes', 'UsePAM yes'],
        }),
        addSystemUser(),
      ]);
    });
    afterAll(async () => {
      await sshd.stop();
      await user.remove();
    });

    const newKey = async (
      passphrase = '',
      type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519',
      isAuthorized = true,
    ) => {
      count += 1;
      const file = path.join(sshd.folder, `key${count}`);
      await makeKey(file, type, passphrase);
      if (isAuthorized) {
        await appendFile(sshd.authorizedKeysFile, await readFile(`${file}.pub`));
      }
      return file;
    };
    const node = (authentication: Partial<NodeAuthentication>, more = {}) =>
      sshd.nodeSpec({ authentication: { ...nothing, ...authentication }, ...more });
    /** What a sshd of its own logs about one login, once it is over. */
    const logOf = async (one: Sshd) => {
      await expect.poll(() => one.log()).toMatch(/Connection (closed|reset)|[Dd]isconnect/);
      return one.log();
    };
    const ownSshd = async (options: SshdOptions) => {
      const own = await startSshd(options);
      onTestFinished(() => own.stop());
      return own;
    };

    it.each(['ed25519', 'ecdsa', 'rsa'] as const)('logs in with a key of type %s', async (type) => {
      const privateKeyPath = await newKey('', type);
      const login = valueOf(await createLogins().logIn(node({ privateKeyPath })));
      expect(login.user).toBe('root');
      expect(login.address).toBe(`127.0.0.1:${sshd.port}`);
      expect(await execute(login, 'echo hello')).toBe('hello\n');
    });

    it('decrypts a key with its passphrase', async () => {
      const privateKeyPath = await newKey('opensesame');
      const passphrase = 'opensesame';
      valueOf(await createLogins().logIn(node({ privateKeyPath, passphrase })));
    });

    it('says that a key is encrypted, before anything is dialled', async () => {
      const privateKeyPath = await newKey('opensesame');
      const server = await startSshServer();
      onTestFinished(() => server.stop());
      const authentication = { ...nothing, privateKeyPath };
      const failure = failureOf(await createLogins().logIn(server.nodeSpec({ authentication })));
      expect(failure).toMatchObject({ kind: 'authentication', node: 'node1' });
      expect(failure.message).toBe(
        `the private key ${privateKeyPath} is encrypted, and there is no passphrase for it`,
      );
      expect(failure.hint).toContain('passphrase');
      expect(server.dials()).toBe(0);
    });

    it('says that a passphrase does not fit, without showing it', async () => {
      const privateKeyPath = await newKey('opensesame');
      const outcome = await createLogins().logIn(
        node({ privateKeyPath, passphrase: 'not-it-at-all' }),
      );
      const failure = failureOf(outcome);
      expect(failure.kind).toBe('authentication');
      expect(failure.message).toContain('the passphrase does not fit');
      expect(JSON.stringify(failure)).not.toContain('not-it-at-all');
    });

    it('says what is wrong with a file that is no private key', async () => {
      const folder = await makeTempFolder();
      const garbage = path.join(folder, 'garbage');
      await writeFile(garbage, 'this is no key\n');
      const messages: string[] = [];
      for (const privateKeyPath of [
        garbage,
        folder,
        path.join(folder, 'none'),
        `${sshd.keyFile}.pub`,
      ]) {
        const failure = failureOf(await createLogins().logIn(node({ privateKeyPath })));
        expect(failure.kind).toBe('authentication');
        messages.push(failure.message.replaceAll(folder, ''));
      }
      expect(messages).toEqual([
        expect.stringContaining('is no private key that can be read'),
        expect.stringContaining('is a directory'),
        'the private key /none does not exist',
        expect.stringContaining('is a public key'),
      ]);
    });

    it('refuses a wrong key after one attempt', async () => {
      const own = await ownSshd({ config: ['PasswordAuthentication yes'] });
      const privateKeyPath = await newKey('', 'ed25519', false);
      const authentication = { ...nothing, privateKeyPath };
      const failure = failureOf(await createLogins().logIn(own.nodeSpec({ authentication })));
      expect(failure.kind).toBe('authentication');
      expect(failure.message).toBe(
        `127.0.0.1:${own.port} does not let root in: tried the key ${privateKeyPath}; it allows publickey, password`,
      );
      expect(failure.hint).toContain('authorized_keys');
      const log = await logOf(own);
      expect(log.match(/Failed publickey/g)).toHaveLength(1);
      expect(log.match(/Connection from/g)).toHaveLength(1);
    });

    it.each([
      ['password', ['PasswordAuthentication yes', 'KbdInteractiveAuthentication yes']],
      ['keyboard-interactive', ['KbdInteractiveAuthentication yes', 'PubkeyAuthentication no']],
    ])(
      'logs in with a password by %s, and refuses a wrong one after one attempt',
      async (method, config) => {
        const own = await ownSshd({ config: [...config, 'UsePAM yes'] });
        const withPassword = (password: string) =>
          own.nodeSpec({ username: user.name, authentication: { ...nothing, password } });
        const failure = failureOf(await createLogins().logIn(withPassword('wrong-password')));
        expect(failure.kind).toBe('authentication');
        expect(failure.hint).toContain('correct `password`');
        expect(JSON.stringify(failure)).not.toContain('wrong-password');
        const log = await logOf(own);
        expect(log.match(/Failed \S+/g)).toEqual([expect.stringContaining(`Failed ${method}`)]);
        expect(log.match(/Connection from/g)).toHaveLength(1);

        const login = valueOf(await createLogins().logIn(withPassword(user.password)));
        expect(await execute(login, 'id -un')).toBe(`${user.name}\n`);
      },
    );

    it('gives a key and then a password where both are asked for', async () => {
      const both = await ownSshd({
        user: user.name,
        config: [
          'PasswordAuthentication yes',
          'UsePAM yes',
          'AuthenticationMethods publickey,password',
        ],
      });
      const authentication = { ...nothing, privateKeyPath: both.keyFile, password: user.password };
      valueOf(await createLogins().logIn(both.nodeSpec({ authentication })));
    });

    it('logs in with the key of an agent', async () => {
      const folder = await makeTempFolder();
      const agent = await startAgent(folder);
      onTestFinished(() => agent.stop());
      await agent.add(await newKey('', 'ed25519', false));
      await agent.add(await newKey('', 'rsa'));
      const environment = { HOME: folder, USER: 'root', SSH_AUTH_SOCK: agent.socket };
      valueOf(await createLogins({ environment }).logIn(node({ agent: true })));
    });

    it('says that there is no agent, or that it is empty, before anything is dialled', async () => {
      const folder = await makeTempFolder();
      const server = await startSshServer();
      onTestFinished(() => server.stop());
      const wanted = server.nodeSpec({ authentication: { ...nothing, agent: true } });
      const missing = failureOf(await createLogins().logIn(wanted));
      expect(missing.message).toContain('SSH_AUTH_SOCK is not set');

      const gone = { HOME: folder, SSH_AUTH_SOCK: path.join(folder, 'gone') };
      const dead = failureOf(await createLogins({ environment: gone }).logIn(wanted));
      expect(dead.message).toContain('does not answer');

      const agent = await startAgent(folder);
      onTestFinished(() => agent.stop());
      const environment = { HOME: folder, SSH_AUTH_SOCK: agent.socket };
      const empty = failureOf(await createLogins({ environment }).logIn(wanted));
      expect(empty.message).toContain('has no key that can be used');
      expect([missing, dead, empty].map(({ kind }) => kind)).toEqual(
        Array.from({ length: 3 }, () => 'authentication'),
      );
      expect(server.dials()).toBe(0);
    });

    it('uses the default keys where nothing is configured, and passes over encrypted ones', async () => {
      const home = await makeTempFolder();
      await mkdir(path.join(home, '.ssh'));
      await makeKey(path.join(home, '.ssh/id_ed25519'), 'ed25519', 'opensesame');
      await makeKey(path.join(home, '.ssh/id_ecdsa'), 'ecdsa');
      const environment = { HOME: home, USER: 'root' };
      const failure = failureOf(await createLogins({ environment }).logIn(node({})));
      expect(failure.kind).toBe('authentication');
      expect(failure.message).toContain(`tried the key ${home}/.ssh/id_ecdsa`);
      expect(failure.message).toContain(`not tried: ${home}/.ssh/id_ed25519 is encrypted`);

      const key = await readFile(path.join(home, '.ssh/id_ecdsa.pub'));
      await appendFile(sshd.authorizedKeysFile, key);
      const login = valueOf(
        await createLogins({ environment }).logIn(node({}, { username: null })),
      );
      expect(login.user).toBe('root');
    });

    it('says what the server allows where there is nothing to try', async () => {
      const failure = failureOf(await createLogins().logIn(node({})));
      expect(failure.message).toBe(
        `127.0.0.1:${sshd.port} does not let root in: there was nothing to try; it allows publickey, password, keyboard-interactive`,
      );
      expect(failure.hint).toContain('set `private_key_path` or `agent: true`');
      expect(failure.hint).toContain('set `password`');
    });
  },
);
