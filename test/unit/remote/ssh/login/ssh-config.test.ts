import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { LoginNode } from '../../../../../src/remote/ssh/login/log-in.js';
import { resolveRoute } from '../../../../../src/remote/ssh/login/jump/route.js';
import { nodeSpec } from '../../../../support/specs.js';
import { SSHD_MISSING } from '../../../../support/sshd/requirements.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { createLogins, failureOf, valueOf } from './login-context.js';

/** Nothing but a host. */
const bare: LoginNode = {
  ...nodeSpec({ transport: 'ssh', host: 'alias', useSshConfig: true }),
  port: null,
  hostKey: null,
  knownHosts: null,
  keepaliveIntervalMs: null,
};

async function route(config: string, node: LoginNode = bare, more: Record<string, string> = {}) {
  const home = await makeTempFolder();
  await mkdir(path.join(home, '.ssh'));
  await writeFile(path.join(home, '.ssh/config'), config);
  const environment = { HOME: home, USER: 'me', PATH: process.env['PATH'], ...more };
  const outcome = await resolveRoute(node, createLogins({ environment, nodes: [node] }).context);
  return { home, outcome };
}

const EVERYTHING = `
Host alias
  HostName 192.0.2.7
  User alice
  Port 2200
  IdentityFile ~/.ssh/%r-at-%h
  IdentitiesOnly yes
  IdentityAgent ~/agent.sock
  UserKnownHostsFile ~/kh1 ~/kh2
  StrictHostKeyChecking accept-new
  HostKeyAlias real-name
  HashKnownHosts yes
  ConnectTimeout 3
  ServerAliveInterval 7
  ServerAliveCountMax 2
  Ciphers aes256-ctr
`;

describe.skipIf(SSHD_MISSING !== null)(
  `ssh_config by \`ssh -G\` (${SSHD_MISSING ?? 'is there'})`,
  () => {
    it('fills in everything that the configuration does not say', async () => {
      const { outcome } = await route(EVERYTHING);
      const [target] = valueOf(outcome);
      expect(target).toMatchObject({
        host: '192.0.2.7',
        port: 2200,
        user: 'alice',
        hostKey: { policy: 'accept-new', name: 'real-name', fallbackName: null, hashesNames: true },
        authentication: { identitiesOnly: true },
        keepalive: { intervalMs: 7_000, countMax: 2 },
        connectTimeoutMs: 3_000,
        algorithms: { cipher: ['aes256-ctr'], kex: null, hostKey: null },
      });
      expect(target.authentication.identityFiles[0]).toMatch(/\/\.ssh\/alice-at-192\.0\.2\.7$/);
      expect(target.authentication.agentSocket).toMatch(/\/agent\.sock$/);
      expect(target.hostKey.userFiles.map((file) => path.basename(file))).toEqual(['kh1', 'kh2']);
    });

    it('gives way to what the configuration says', async () => {
      const node: LoginNode = {
        ...bare,
        port: 22,
        username: 'root',
        hostKey: 'strict',
        knownHosts: '~/mine',
        keepaliveIntervalMs: 1_000,
      };
      const { home, outcome } = await route(EVERYTHING, node);
      expect(valueOf(outcome)[0]).toMatchObject({
        host: '192.0.2.7',
        port: 22,
        user: 'root',
        hostKey: { policy: 'strict', userFiles: [path.join(home, 'mine')] },
        keepalive: { intervalMs: 1_000, countMax: 3 },
      });
    });

    it('leaves the defaults of ssh where it says nothing', async () => {
      const { home, outcome } = await route('', bare, { SSH_AUTH_SOCK: '/run/agent' });
      expect(valueOf(outcome)[0]).toMatchObject({
        host: 'alias',
        port: 22,
        hostKey: {
          policy: 'strict',
          name: 'alias',
          userFiles: [path.join(home, '.ssh/known_hosts')],
          globalFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
        },
        authentication: {
          agentSocket: '/run/agent',
          identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) =>
            path.join(home, '.ssh', name),
          ),
        },
        keepalive: { intervalMs: 10_000, countMax: 3 },
      });
    });

    it('does not send the jump host of all hosts through itself', async () => {
      const config = 'Host *\n  ProxyJump gate\nHost gate\n  HostName 192.0.2.1\n';
      const { outcome } = await route(config);
      expect(valueOf(outcome).map(({ host }) => host)).toEqual(['192.0.2.1', 'alias']);
    });

    it('says that a ProxyCommand is not supported, and goes without where that is asked for', async () => {
      const config = 'Host alias\n  ProxyCommand nc %h %p\n';
      const failure = failureOf((await route(config)).outcome);
      expect(failure.kind).toBe('unreachable');
      expect(failure.message).toContain('ProxyCommand');
      const { outcome } = await route(config, { ...bare, proxyJump: 'none' });
      expect(valueOf(outcome)).toHaveLength(1);
    });

    it('says what is wrong with the file', async () => {
      const failure = failureOf((await route('Host alias\n  Prot 22\n')).outcome);
      expect(failure.kind).toBe('unreachable');
      expect(failure.message).toMatch(/^ssh_config cannot be used for alias: .*config.*line 2/);
    });
  },
);
