import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import SSHConfig from 'ssh-config';

import type { Outcome } from '../../../../model/failure.js';
import { codeOf, failLogin, wordsOf } from '../failures.js';
import { matchesPatterns } from '../host-key/pattern.js';
import type { SshConfigQuery } from './from-openssh.js';
import type { SshOptions } from './settings.js';

const SYSTEM_FILE = '/etc/ssh/ssh_config';
const DEEPEST_INCLUDE = 16;

/**
 * Reads ssh_config where there is no OpenSSH to ask. `Host`, `Match` (without `exec`) and `Include` are understood;
 * canonical host names are not.
 *
 * @param userFile Absolute.
 */
export async function readSshConfig(
  query: SshConfigQuery,
  userFile: string,
  home: string,
): Promise<Outcome<SshOptions>> {
  const options = new Map<string, readonly string[]>();
  // The first value counts, and the user's file comes first.
  for (const file of [userFile, SYSTEM_FILE]) {
    try {
      const text = await readWithIncludes(file, home, 0);
      for (const [name, values] of compute(text, query)) {
        if (!options.has(name)) options.set(name, values);
      }
    } catch (error) {
      return failLogin(
        'unreachable',
        `${file} cannot be used: ${wordsOf(error)}`,
        'correct it, or set `use_ssh_config: false`',
      );
    }
  }
  const hostName = options.get('hostname')?.[0];
  if (hostName !== undefined) options.set('hostname', [hostName.replaceAll('%h', query.host)]);
  return { ok: true, value: options };
}

function compute(text: string, query: SshConfigQuery): Map<string, readonly string[]> {
  const computed = SSHConfig.parse(text).compute(
    { Host: query.host, ...(query.user === null ? {} : { User: query.user }) },
    { ignoreCase: true, matchExec: false },
  );
  const options = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(computed)) {
    const values = typeof value === 'string' ? [value] : value;
    options.set(name, /^(?:user|global)knownhostsfile$/.test(name) ? [values.join(' ')] : values);
  }
  return options;
}

/** The text with every `Include` replaced by what it names. */
async function readWithIncludes(file: string, home: string, depth: number): Promise<string> {
  if (depth > DEEPEST_INCLUDE) throw new Error('too many levels of Include');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
  const lines: string[] = [];
  let block = 'Host *';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:host|match)[\s=]/i.test(line)) block = line;
    const include = /^\s*include(?:\s+|\s*=\s*)(.*)$/i.exec(line);
    if (!include) {
      lines.push(line);
      continue;
    }
    const folder = file === SYSTEM_FILE ? path.dirname(file) : path.join(home, '.ssh');
    for (const pattern of include[1]?.match(/"[^"]*"|\S+/g) ?? []) {
      for (const included of await expand(pattern.replaceAll('"', ''), folder, home)) {
        lines.push(await readWithIncludes(included, home, depth + 1));
        // A block of the included file ends with the file.
        lines.push(block);
      }
    }
  }
  return lines.join('\n');
}

/** Wildcards in the last part of the path, which is where people put them. */
async function expand(pattern: string, folder: string, home: string): Promise<readonly string[]> {
  const whole = path.resolve(folder, pattern.replace(/^~(?=\/)/, home));
  const name = path.basename(whole);
  if (!/[*?]/.test(name)) return [whole];
  try {
    const entries = await readdir(path.dirname(whole));
    return entries
      .filter((entry) => !entry.startsWith('.') && matchesPatterns(entry, [name]))
      .sort()
      .map((entry) => path.join(path.dirname(whole), entry));
  } catch {
    // As in ssh, a pattern that nothing fits is no mistake.
    return [];
  }
}
