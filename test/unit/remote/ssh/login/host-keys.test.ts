import { appendFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../../../../src/async/clock.js';
import { createSharedLogins } from '../../../../../src/remote/ssh/login/shared-logins.js';
import { makeKey, run } from '../../../../support/sshd/commands.js';
import { startSshServer } from '../../../../support/ssh-server/start.js';
import { SSHD_MISSING } from '../../../../support/sshd/requirements.js';
import { startSshd, type Sshd } from '../../../../support/sshd/start.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { createLogins, failureOf, valueOf } from './login-context.js';

describe.skipIf(SSHD_MISSING !== null)(
  `host keys of a real sshd (${SSHD_MISSING ?? 'is there'})`,
  () => {
    let sshd: Sshd;

    beforeAll(async () => {
      sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa'] });
    });
    afterAll(() => sshd.stop());

    /** A known_hosts file with these lines. */
    const knownHosts = async (...lines: readonly string[]) => {
      const file = path.join(await makeTempFolder(), 'known_hosts');
      await writeFile(file, lines.map((line) => `${line}\n`).join(''));
      return file;
    };
    const keyPart = () => sshd.hostKeyLine.split(' ').slice(1).join(' ');
    const strangeKey = async () => {
      const file = path.join(await makeTempFolder(), 'strange');
      await makeKey(file);
      const [type, key] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
      return `${type} ${key}`;
    };

    it('finds a host under a name that ssh-keygen has hashed', async () => {
      const file = await knownHosts(
        '# a comment',
        '',
        'other ssh-ed25519 nonsense',
        sshd.hostKeyLine,
      );
      await run('ssh-keygen', '-H', '-f', file);
      expect(await readFile(file, 'utf8')).not.toContain('127.0.0.1');
      valueOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: file })));
    });

    it.each([
      ['a wildcard', '[127.0.0.*]:*'],
      ['a name without the port', '127.0.0.1'],
      ['one name of several', () => `example.org,[127.0.0.1]:${sshd.port}`],
    ])('recognises a key under %s', async (_how, name) => {
      const file = await knownHosts(`${typeof name === 'string' ? name : name()} ${keyPart()}`);
      valueOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: file })));
    });

    it('takes no key of the host without its port where the host with its port has another', async () => {
      const file = await knownHosts(
        `[127.0.0.1]:${sshd.port} ${await strangeKey()}`,
        `127.0.0.1 ${keyPart()}`,
      );
      for (const hostKey of ['strict', 'accept-new'] as const) {
        const node = sshd.nodeSpec({ knownHosts: file, hostKey });
        const failure = failureOf(await createLogins().logIn(node));
        expect(failure.kind).toBe('host_key');
        expect(failure.message).toContain('is not the one on record');
      }
    });

    it('does not find a host in a line that excludes it', async () => {
      const file = await knownHosts(`[127.0.0.*]:*,![127.0.0.1]:${sshd.port} ${keyPart()}`);
      const failure = failureOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: file })));
      expect(failure.kind).toBe('host_key');
    });

    it('asks for the kind of key that is on record, not for the one it would like best', async () => {
      const [, ecdsa = ''] = (await readFile(sshd.knownHostsFile, 'utf8')).split('\n');
      expect(ecdsa).toContain('ecdsa');
      valueOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: await knownHosts(ecdsa) })));
    });

    it('refuses an unknown host with the fingerprint that ssh prints, and offers no credential', async () => {
      const before = sshd.log().length;
      const file = path.join(await makeTempFolder(), 'none', 'known_hosts');
      const failure = failureOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: file })));
      const printed = await run('ssh-keygen', '-lf', path.join(sshd.folder, 'host_ed25519.pub'));
      expect(failure.kind).toBe('host_key');
      expect(failure.message).toBe(
        `the host key of 127.0.0.1:${sshd.port} is not known: ssh-ed25519 ${printed.split(' ')[1]}`,
      );
      expect(failure.hint).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >> ${file}`);
      expect(failure.hint).toContain('accept-new');
      expect(sshd.log().slice(before)).not.toMatch(/publickey|userauth/);
    });

    it.each(['strict', 'accept-new'] as const)(
      'refuses a changed key under %s and names the line that has the old one',
      async (hostKey) => {
        const file = await knownHosts('# first', `[127.0.0.1]:${sshd.port} ${await strangeKey()}`);
        const before = await readFile(file, 'utf8');
        const node = sshd.nodeSpec({ knownHosts: file, hostKey });
        const failure = failureOf(await createLogins().logIn(node));
        expect(failure.kind).toBe('host_key');
        expect(failure.message).toContain(`${file}:2 has ssh-ed25519 SHA256:`);
        expect(failure.hint).toContain(`ssh-keygen -R '[127.0.0.1]:${sshd.port}' -f ${file}`);
        expect(await readFile(file, 'utf8')).toBe(before);
      },
    );

    it.each(['strict', 'accept-new', 'off'] as const)(
      'refuses a revoked key under %s, even where it is on record too',
      async (hostKey) => {
        const file = await knownHosts(sshd.hostKeyLine, `@revoked * ${keyPart()}`);
        const node = sshd.nodeSpec({ knownHosts: file, hostKey });
        const failure = failureOf(await createLogins().logIn(node));
        expect(failure.kind).toBe('host_key');
        expect(failure.message).toContain(`revoked`);
        expect(failure.message).toContain(`${file}:2`);
      },
    );

    it('says that certificates are not supported where only an authority is on record', async () => {
      const file = await knownHosts(`@cert-authority [127.0.0.1]:* ${await strangeKey()}`);
      const failure = failureOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: file })));
      expect(failure.kind).toBe('host_key');
      expect(failure.message).toContain(
        `${file}:1 trusts certificates for it, which are not supported`,
      );
    });

    it('says that a known_hosts file cannot be read', async () => {
      const folder = await makeTempFolder();
      const failure = failureOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: folder })));
      expect(failure).toMatchObject({ kind: 'host_key' });
      expect(failure.message).toContain(`${folder} cannot be read`);
    });

    it('puts a new host on record under accept-new, once, readable by ssh and by nobody else', async () => {
      const file = path.join(await makeTempFolder(), 'new', 'known_hosts');
      const logins = createLogins();
      const node = sshd.nodeSpec({ knownHosts: file, hostKey: 'accept-new' });
      const outcomes = await Promise.all([
        logins.logIn(node),
        logins.logIn(node),
        logins.logIn(node),
      ]);
      outcomes.forEach(valueOf);
      expect(await readFile(file, 'utf8')).toBe(`${sshd.hostKeyLine}\n`);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
      expect(logins.warnings).toEqual([
        expect.stringMatching(
          /^node1: the host key of .* was not known and is now: ssh-ed25519 SHA256:/,
        ),
      ]);
      const found = await run('ssh-keygen', '-F', `[127.0.0.1]:${sshd.port}`, '-f', file);
      expect(found).toContain(keyPart());
      valueOf(await createLogins().logIn(sshd.nodeSpec({ knownHosts: file })));
    });

    it('begins a line of its own in a file whose last line has no end', async () => {
      const file = path.join(await makeTempFolder(), 'known_hosts');
      await writeFile(file, 'other ssh-ed25519 AAAA');
      const node = sshd.nodeSpec({ knownHosts: file, hostKey: 'accept-new' });
      valueOf(await createLogins().logIn(node));
      expect(await readFile(file, 'utf8')).toBe(`other ssh-ed25519 AAAA\n${sshd.hostKeyLine}\n`);
    });

    it('writes the name as a hash where ssh_config asks for it', async () => {
      const home = await makeTempFolder();
      await mkdir(path.join(home, '.ssh'));
      await writeFile(path.join(home, '.ssh/config'), 'HashKnownHosts yes\n');
      const file = path.join(home, 'known_hosts');
      const environment = { HOME: home, USER: 'root', PATH: process.env['PATH'] };
      const node = sshd.nodeSpec({ knownHosts: file, hostKey: 'accept-new', useSshConfig: true });
      valueOf(await createLogins({ environment }).logIn(node));
      expect(await readFile(file, 'utf8')).toMatch(/^\|1\|/);
      const found = await run('ssh-keygen', '-F', `[127.0.0.1]:${sshd.port}`, '-f', file);
      expect(found).toContain(keyPart());
    });

    it('notices a line that somebody else adds between two logins', async () => {
      const file = await knownHosts('# nothing yet');
      let now = 0;
      const shared = createSharedLogins({ clock: { ...systemClock, monotonic: () => now } });
      const logins = createLogins({ shared });
      const node = sshd.nodeSpec({ knownHosts: file });
      expect(failureOf(await logins.logIn(node)).kind).toBe('host_key');
      await appendFile(file, `${sshd.hostKeyLine}\n`);
      now += 1_000;
      valueOf(await logins.logIn(node));
    });

    it('checks nothing under off, and says so once for a node', async () => {
      const file = await knownHosts(`[127.0.0.1]:${sshd.port} ${await strangeKey()}`);
      const logins = createLogins();
      const node = sshd.nodeSpec({ knownHosts: file, hostKey: 'off' });
      valueOf(await logins.logIn(node));
      valueOf(await logins.logIn(node));
      expect(logins.warnings).toEqual([expect.stringContaining('is not checked (host_key: off)')]);
    });
  },
);

describe('host keys of a server in this process', () => {
  it('sends no credential to a server whose key has changed', async () => {
    const server = await startSshServer();
    onTestFinished(() => server.stop());
    const logins = createLogins();
    valueOf(await logins.logIn(server.nodeSpec()));
    const before = server.attempts.length;

    server.changeHostKey();
    const failure = failureOf(await logins.logIn(server.nodeSpec()));
    expect(failure.kind).toBe('host_key');
    expect(failure.message).toContain('is not the one on record');
    expect(server.attempts).toHaveLength(before);
    expect(server.dials()).toBe(2);
  });
});
