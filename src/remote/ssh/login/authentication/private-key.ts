import { readFile, stat } from 'node:fs/promises';

import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';

import type { Clock } from '../../../../async/clock.js';
import { codeOf, wordsOf } from '../failures.js';

const { utils } = ssh2;

export type LoadedKey =
  | { readonly status: 'ok'; readonly key: ParsedKey }
  | { readonly status: 'missing' }
  | {
      readonly status: 'unusable';
      /** What is wrong with it, to follow the file's name. */
      readonly reason: string;
      readonly hint: string;
    };

/** Reads private keys; each file once, as long as it does not change: to decrypt a key takes a while on purpose. */
export type PrivateKeyReader = (file: string, passphrase: string | null) => Promise<LoadedKey>;

/** A thousand logins that begin together look at a file once. */
const TRUSTED_MS = 1_000;

export function createPrivateKeyReader(clock: Clock): PrivateKeyReader {
  const loaded = new Map<
    string,
    { readonly key: Promise<LoadedKey>; readonly version: string; checkedAt: number }
  >();
  return async (file, passphrase) => {
    const id = JSON.stringify([file, passphrase]);
    const before = loaded.get(id);
    if (before && clock.monotonic() - before.checkedAt < TRUSTED_MS) return before.key;
    try {
      const { mtimeMs, size } = await stat(file);
      const version = `${mtimeMs} ${size}`;
      const known = loaded.get(id);
      const key = known?.version === version ? known.key : loadKey(file, passphrase);
      loaded.set(id, { key, version, checkedAt: clock.monotonic() });
      return await key;
    } catch (error) {
      return unreadable(error);
    }
  };
}

async function loadKey(file: string, passphrase: string | null): Promise<LoadedKey> {
  try {
    return parse(await readFile(file), passphrase);
  } catch (error) {
    return unreadable(error);
  }
}

function parse(text: Buffer, passphrase: string | null): LoadedKey {
  let key: ParsedKey | Error;
  try {
    key = utils.parseKey(text, passphrase ?? undefined);
  } catch (error) {
    // ssh2 throws what OpenSSL says about a wrong passphrase of an old format.
    key = error instanceof Error ? error : new Error(String(error));
  }
  // Files of several keys do not exist in practice; ssh2 answers a list all the same for OpenSSH's format.
  if (Array.isArray(key)) key = (key as ParsedKey[])[0] ?? new Error('no key');
  if (key instanceof Error) return unusable(text, key.message, passphrase !== null);
  if (!key.isPrivateKey()) {
    return {
      status: 'unusable',
      reason: 'is a public key',
      hint: 'name the private key: the file without .pub',
    };
  }
  return { status: 'ok', key };
}

function unusable(text: Buffer, message: string, hasPassphrase: boolean): LoadedKey {
  const head = text.toString('latin1', 0, 100);
  if (head.includes('BEGIN ENCRYPTED PRIVATE KEY')) {
    return {
      status: 'unusable',
      reason: 'is an encrypted PKCS#8 key, which is not supported',
      hint: 'convert it to the format of OpenSSH: ssh-keygen -p -f FILE',
    };
  }
  if (/no passphrase given/i.test(message)) {
    return {
      status: 'unusable',
      reason: 'is encrypted, and there is no passphrase for it',
      hint: 'set `passphrase: "${VARIABLE}"`, or add the key to an agent (ssh-add) and set `agent: true`',
    };
  }
  const isEncrypted = /bad passphrase|bad decrypt/i.test(message);
  if (isEncrypted && hasPassphrase) {
    return {
      status: 'unusable',
      reason: 'cannot be decrypted: the passphrase does not fit',
      hint: 'correct `passphrase`',
    };
  }
  const security = /Unsupported.* type: (sk-\S+)/.exec(message);
  if (security) {
    return {
      status: 'unusable',
      reason: `needs a security key (${security[1]}), which is not supported`,
      hint: 'use a key that is a file, or an agent',
    };
  }
  return {
    status: 'unusable',
    reason: `is no private key that can be read: ${message.replace(/\.$/, '')}`,
    hint: 'look at it with ssh-keygen -y -f FILE',
  };
}

function unreadable(error: unknown): LoadedKey {
  if (codeOf(error) === 'ENOENT') return { status: 'missing' };
  const reason =
    codeOf(error) === 'EISDIR' ? 'is a directory' : `cannot be read: ${wordsOf(error)}`;
  return { status: 'unusable', reason, hint: 'name the file of a private key that you may read' };
}

/** The public half that lies beside a private key: to know a key without being able to use it. */
export async function readPublicKey(file: string): Promise<Buffer | null> {
  try {
    const key = utils.parseKey(await readFile(file.endsWith('.pub') ? file : `${file}.pub`));
    return key instanceof Error ? null : key.getPublicSSH();
  } catch {
    // Many keys have no such file beside them.
    return null;
  }
}
