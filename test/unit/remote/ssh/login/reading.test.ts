import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  offerAlgorithms,
  DEFAULT_ALGORITHMS,
} from '../../../../../src/remote/ssh/login/algorithms.js';
import {
  findKnownKeys,
  parseKnownHosts,
} from '../../../../../src/remote/ssh/login/host-key/known-hosts.js';
import {
  formatHashedName,
  matchesHash,
  matchesPatterns,
  parseHashedName,
} from '../../../../../src/remote/ssh/login/host-key/pattern.js';
import { parseJump } from '../../../../../src/remote/ssh/login/jump/parse.js';
import { readSshConfig } from '../../../../../src/remote/ssh/login/ssh-config/from-file.js';
import { readSettings } from '../../../../../src/remote/ssh/login/ssh-config/settings.js';
import { makeTempFolder } from '../../../../support/temp-folder.js';
import { valueOf } from './login-context.js';

describe('patterns of host names', () => {
  it.each([
    ['node1', ['node1'], true],
    ['NODE1', ['node1'], true],
    ['node12', ['node?'], false],
    ['node1', ['node?'], true],
    ['a.b.example.org', ['*.example.org'], true],
    ['example.org', ['*.example.org'], false],
    ['db.example.org', ['*.example.org', '!db.*'], false],
    ['db.example.org', ['!db.*', '*.example.org'], false],
    ['[10.0.0.1]:2222', ['[10.0.0.*]:2222'], true],
    ['anything', ['!other'], false],
  ] as const)('%s against %j is %s', (name, patterns, expected) => {
    expect(matchesPatterns(name, patterns)).toBe(expected);
  });

  it('takes no more than a moment for a pattern of many stars', () => {
    expect(matchesPatterns('a'.repeat(300), [`${'*a'.repeat(100)}b`])).toBe(false);
  });

  it('recognises every name it has hashed, and no other', () => {
    fc.assert(
      fc.property(fc.domain(), fc.uint8Array({ minLength: 20, maxLength: 20 }), (name, salt) => {
        const hashed = parseHashedName(formatHashedName(name, Buffer.from(salt)));
        expect(hashed && matchesHash(name.toUpperCase(), hashed)).toBe(true);
        expect(hashed && matchesHash(`${name}x`, hashed)).toBe(false);
      }),
    );
  });
});

describe('a known_hosts file', () => {
  const blob = (type: string) => {
    const name = Buffer.from(type);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(name.length);
    return Buffer.concat([length, name, Buffer.from('rest')]).toString('base64');
  };
  const ed25519 = blob('ssh-ed25519');

  it('keeps the line of each key and passes over what makes no sense', () => {
    const hosts = parseKnownHosts(
      'known_hosts',
      [
        '# comment',
        `node1,10.0.0.1 ssh-ed25519 ${ed25519} root@node1`,
        'node1 ssh-ed25519',
        'node1 ssh-ed25519 not-base64!',
        `node1 ssh-rsa ${ed25519}`,
        `@unknown node1 ssh-ed25519 ${ed25519}`,
        `  @revoked\tnode1\tssh-ed25519 ${ed25519}`,
      ].join('\r\n'),
    );
    expect(findKnownKeys(hosts, 'NODE1')).toMatchObject([
      { marker: null, line: 2, type: 'ssh-ed25519' },
      { marker: 'revoked', line: 7 },
    ]);
    expect(findKnownKeys(hosts, '10.0.0.1')).toHaveLength(1);
    expect(findKnownKeys(hosts, 'node2')).toEqual([]);
  });
});

describe('a jump host', () => {
  it.each([
    ['bastion', [{ user: null, host: 'bastion', port: null }]],
    ['bob@bastion:2222', [{ user: 'bob', host: 'bastion', port: 2222 }]],
    ['bob@corp@bastion', [{ user: 'bob@corp', host: 'bastion', port: null }]],
    ['ssh://bob@bastion:2222/', [{ user: 'bob', host: 'bastion', port: 2222 }]],
    ['[2001:db8::1]:2222', [{ user: null, host: '2001:db8::1', port: 2222 }]],
    ['bob@2001:db8::1', [{ user: 'bob', host: '2001:db8::1', port: null }]],
    ['a, b@c:1', [{ host: 'a' }, { user: 'b', host: 'c', port: 1 }]],
  ] as const)('%s', (text, steps) => {
    expect(parseJump(text)).toMatchObject(steps);
  });

  it.each(['', 'a b', 'host:', 'host:0', 'host:70000', '-oProxyCommand=x', 'a,,b', '[::1'])(
    'refuses %j',
    (text) => {
      expect(parseJump(text)).toBeNull();
    },
  );
});

describe('the algorithms that are offered', () => {
  it('begin with the fast ones and hold nothing with SHA-1', () => {
    const offered = offerAlgorithms(DEFAULT_ALGORITHMS, []);
    expect(offered).toMatchObject({ compress: ['none'] });
    const firsts = [offered.kex, offered.serverHostKey, offered.cipher].map(
      (list) => (list as readonly string[])[0],
    );
    expect(firsts).toEqual(['curve25519-sha256', 'ssh-ed25519', 'aes128-gcm@openssh.com']);
    expect(JSON.stringify(offered)).not.toMatch(/sha1|"ssh-rsa"|cbc|md5/);
  });

  it('begin with the types of key that are on record', () => {
    const offered = offerAlgorithms(DEFAULT_ALGORITHMS, ['ssh-rsa']);
    expect((offered.serverHostKey as readonly string[]).slice(0, 3)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
    ]);
  });

  it('are those of ssh_config where ssh2 has them, added, taken away or put first', () => {
    const choose = (hostKey: readonly string[]) =>
      offerAlgorithms({ ...DEFAULT_ALGORITHMS, hostKey }, []).serverHostKey as readonly string[];
    expect(choose(['sk-ssh-ed25519@openssh.com', 'ssh-rsa'])).toEqual(['ssh-rsa']);
    expect(choose(['+ssh-rsa']).at(-1)).toBe('ssh-rsa');
    expect(choose(['-ssh-ed25519'])).not.toContain('ssh-ed25519');
    expect(choose(['^rsa-sha2-256'])[0]).toBe('rsa-sha2-256');
    expect(choose(['unknown'])[0]).toBe('ssh-ed25519');
  });
});

describe('an ssh_config where there is no ssh to ask', () => {
  it('is read with Host, Match, Include and quotes, the first value counting', async () => {
    const home = await makeTempFolder();
    await mkdir(path.join(home, '.ssh/conf.d'), { recursive: true });
    const file = path.join(home, '.ssh/config');
    await writeFile(
      file,
      [
        'Include conf.d/*.conf',
        'Host node*',
        '  Port 2222',
        '  IdentityFile "~/my keys/id"',
        'Match user bob',
        '  ProxyJump gate',
        'Host *',
        '  Port 22',
        '  HostName %h.example.org',
        '  UserKnownHostsFile ~/.ssh/a ~/.ssh/b',
        '  ServerAliveInterval 5',
      ].join('\n'),
    );
    await writeFile(path.join(home, '.ssh/conf.d/a.conf'), 'Host other\n  Port 1\n');
    await writeFile(path.join(home, '.ssh/conf.d/b.conf'), 'Host node1\n  User bob\n');
    const query = { host: 'node1', user: null, port: null };
    const settings = readSettings(valueOf(await readSshConfig(query, file, home)));
    expect(settings).toMatchObject({
      hostName: 'node1.example.org',
      port: 2222,
      user: 'bob',
      proxyJump: 'gate',
      identityFiles: ['~/my keys/id'],
      userKnownHosts: ['~/.ssh/a', '~/.ssh/b'],
      keepaliveIntervalMs: 5_000,
    });
  });

  it('may not be there, and may not include itself', async () => {
    const home = await makeTempFolder();
    const file = path.join(home, '.ssh/config');
    const query = { host: 'node1', user: null, port: null };
    expect(valueOf(await readSshConfig(query, file, home)).get('port')).toBeUndefined();
    await mkdir(path.dirname(file));
    await writeFile(file, `Include ${file}\n`);
    const outcome = await readSshConfig(query, file, home);
    expect(outcome).toMatchObject({ ok: false });
  });
});
