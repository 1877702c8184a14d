import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import type { Clock } from '../../../../async/clock.js';
import type { Failure, Outcome } from '../../../../model/failure.js';
import { codeOf, failLogin, wordsOf } from '../failures.js';
import type { HostKeyCheck } from '../target.js';
import { addKnownHosts, keyTypeOf, parseKnownHosts, type KnownHosts } from './known-hosts.js';
import { formatHashedName } from './pattern.js';
import { judgeHostKey, lookUpHost, type HostKeyRecord } from './verify.js';

/** The known_hosts files that logins look into, each read once as long as it does not change. */
export interface KnownHostsFiles {
  /** What is on record for a host. */
  lookUp(check: HostKeyCheck): Promise<Outcome<HostKeyRecord>>;
  /**
   * Puts the key of a host on record that had none.
   *
   * @returns `added`; `known` where somebody else added the same one meanwhile; or why not.
   */
  add(check: HostKeyCheck, blob: Buffer, address: string): Promise<AddedHostKey>;
}

export type AddedHostKey =
  | { readonly result: 'added' | 'known' }
  /** Another key of the host was put on record meanwhile. */
  | { readonly result: 'refused'; readonly failure: Failure }
  | { readonly result: 'not-written'; readonly reason: string };

interface Cached {
  readonly hosts: KnownHosts;
  version: string;
  /** When the file was last looked at, by the monotonic clock. */
  checkedAt: number;
}

/** A thousand dials that begin together look at a file once. */
const TRUSTED_MS = 1_000;

export function openKnownHostsFiles(clock: Clock): KnownHostsFiles {
  const cache = new Map<string, Cached>();
  const reading = new Map<string, Promise<KnownHosts>>();
  /** One writer at a time in this process; other processes write whole lines as well. */
  let writing: Promise<unknown> = Promise.resolve();

  const load = async (file: string, version: string): Promise<KnownHosts> => {
    const text = version === MISSING ? '' : await readFile(file, 'utf8');
    const hosts = parseKnownHosts(file, text);
    cache.set(file, { hosts, version, checkedAt: clock.monotonic() });
    return hosts;
  };

  const read = async (file: string, mayBeOld: boolean): Promise<Outcome<KnownHosts>> => {
    const before = cache.get(file);
    if (mayBeOld && before && clock.monotonic() - before.checkedAt < TRUSTED_MS) {
      return { ok: true, value: before.hosts };
    }
    try {
      const version = await versionOf(file);
      const cached = cache.get(file);
      if (cached?.version === version) {
        cached.checkedAt = clock.monotonic();
        return { ok: true, value: cached.hosts };
      }
      // Many logins begin together, and a long file takes a while.
      const key = `${file} ${version}`;
      const pending = reading.get(key) ?? load(file, version);
      reading.set(key, pending);
      const hosts = await pending.finally(() => reading.delete(key));
      return { ok: true, value: hosts };
    } catch (error) {
      return failLogin(
        'host_key',
        `${file} cannot be read: ${wordsOf(error)}`,
        'see `known_hosts`',
      );
    }
  };

  const lookUp = async (
    check: HostKeyCheck,
    mayBeOld: boolean,
  ): Promise<Outcome<HostKeyRecord>> => {
    const files: KnownHosts[] = [];
    for (const file of [...check.userFiles, ...check.globalFiles]) {
      const hosts = await read(file, mayBeOld);
      if (!hosts.ok) return hosts;
      files.push(hosts.value);
    }
    return { ok: true, value: lookUpHost(check, files) };
  };

  const write = async (
    check: HostKeyCheck,
    blob: Buffer,
    address: string,
  ): Promise<AddedHostKey> => {
    const record = await lookUp(check, false);
    if (!record.ok) return { result: 'refused', failure: record.failure };
    const judged = judgeHostKey(record.value, blob, address);
    if (judged.verdict === 'known') return { result: 'known' };
    if (judged.verdict === 'refused') return { result: 'refused', failure: judged.failure };
    const [file] = check.userFiles;
    const line = `${nameToWrite(check)} ${keyTypeOf(blob)} ${blob.toString('base64')}\n`;
    try {
      await append(file, line);
      const cached = cache.get(file);
      const version = await versionOf(file);
      // Not parsed again for each of a thousand new hosts, unless somebody else wrote too.
      if (cached && sizeOf(version) === sizeOf(cached.version) + Buffer.byteLength(line)) {
        addKnownHosts(cached.hosts, line);
        cached.version = version;
      }
      return { result: 'added' };
    } catch (error) {
      return { result: 'not-written', reason: wordsOf(error) };
    }
  };

  return {
    lookUp: (check) => lookUp(check, true),
    add(check, blob, address) {
      const added = writing.then(() => write(check, blob, address));
      writing = added;
      return added;
    },
  };
}

const MISSING = 'missing 0';

async function versionOf(file: string): Promise<string> {
  try {
    const { ino, mtimeNs, size } = await stat(file, { bigint: true });
    return `${ino}/${mtimeNs} ${size}`;
  } catch (error) {
    // ENOTDIR: a folder on the way is a file, so there is no such file either.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return MISSING;
    throw error;
  }
}

function sizeOf(version: string): number {
  return Number(version.split(' ')[1]);
}

function nameToWrite(check: HostKeyCheck): string {
  return check.hashesNames ? formatHashedName(check.name, randomBytes(20)) : check.name;
}

/** One write in append mode, so that lines of several processes never mix. */
async function append(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const startsOnNewLine = size === 0 || last.toString() === '\n';
    await handle.write(startsOnNewLine ? line : `\n${line}`);
  } finally {
    await handle.close();
  }
}
