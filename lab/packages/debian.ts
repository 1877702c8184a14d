import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { attempt, run } from '../machine/command.js';
import { CACHE } from '../nodes/layout.js';

const KEYRING = 'usr/share/keyrings/debian-archive-keyring.gpg';
const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

/** Settings of this machine's apt that say how a mirror is reached and trusted. */
const INHERITED = /^Acquire::(?:https?::Proxy|Check-Valid-Until|Check-Date)\b/;

/** The Debian mirror that this machine uses; the general one where it uses none. */
export async function debianMirror(): Promise<string> {
  const chosen = process.env['PLAYBOOK_LAB_MIRROR'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const targets = await attempt([
    'apt-get',
    'indextargets',
    '--format',
    '$(SITE)',
    'Created-By: Packages',
    'Origin: Debian',
    'Label: Debian',
  ]);
  const first = targets.stdout.split('\n')[0]?.trim() ?? '';
  return first === '' ? DEFAULT_MIRROR : first;
}

/** The lines of this machine's apt configuration that hold for the lab's own apt as well. */
export async function inheritedAptSettings(): Promise<string[]> {
  const dump = await run(['apt-config', 'dump']);
  return dump.split('\n').filter((line) => INHERITED.test(line));
}

/** Where Debian's signing keys lie: this machine's, or (on Ubuntu) those of the keyring's package. */
export async function debianKeyring(): Promise<string> {
  if (existsSync(`/${KEYRING}`)) return `/${KEYRING}`;
  return join(await unpackHostPackage('debian-archive-keyring'), KEYRING);
}

/** A package of this machine's own suite, unpacked in the cache and not installed. */
export async function unpackHostPackage(name: string): Promise<string> {
  const folder = join(CACHE, `host-${name}`);
  if (existsSync(folder)) return folder;
  const download = await mkdtemp(join(CACHE, 'partial-'));
  try {
    const get = ['apt-get', '-o', 'APT::Sandbox::User=root', 'download', name];
    const first = await attempt(get, { cwd: download });
    if (first.exitCode !== 0) {
      await run(['apt-get', 'update']);
      await run(get, { cwd: download });
    }
    await unpackAll(download, join(download, 'root'));
    await run(['mv', '-T', join(download, 'root'), folder]);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Downloads packages of a Debian suite and unpacks them into one tree, without touching this machine's apt.
 *
 * @param dependencies `none`: just these packages. Otherwise with all that they depend on, except for the packages
 *   listed and what only those need.
 */
export async function unpackPackages(
  suite: string,
  packages: readonly string[],
  dependencies: 'none' | { readonly except: readonly string[] },
  into: string,
): Promise<void> {
  const apt = await mkdtemp(join(CACHE, 'partial-apt-'));
  try {
    const except = dependencies === 'none' ? [] : dependencies.except;
    const env = {
      APT_CONFIG: await writeAptConfig(apt, suite, except),
      DEBIAN_FRONTEND: 'noninteractive',
    };
    const archives = join(apt, 'cache/archives');
    await run(['apt-get', 'update'], { env });
    await (dependencies === 'none'
      ? run(['apt-get', 'download', ...packages], { env, cwd: archives })
      : run(['apt-get', 'install', '-y', '--download-only', ...packages], { env }));
    await unpackAll(archives, into);
  } finally {
    await rm(apt, { recursive: true, force: true });
  }
}

async function writeAptConfig(
  apt: string,
  suite: string,
  pretendInstalled: readonly string[],
): Promise<string> {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'parts']) {
    await mkdir(join(apt, folder), { recursive: true });
  }
  await writeFile(join(apt, 'status'), pretendInstalled.map(statusEntry).join('\n'));
  await writeFile(
    join(apt, 'sources.list'),
    `deb [signed-by=${await debianKeyring()}] ${await debianMirror()} ${suite} main\n`,
  );
  const config = join(apt, 'apt.conf');
  await writeFile(
    config,
    [
      ...(await inheritedAptSettings()),
      `Dir::Etc::sourcelist "${join(apt, 'sources.list')}";`,
      `Dir::Etc::sourceparts "${join(apt, 'parts')}";`,
      `Dir::Etc::preferences "/dev/null";`,
      `Dir::Etc::preferencesparts "${join(apt, 'parts')}";`,
      `Dir::State::lists "${join(apt, 'lists')}";`,
      `Dir::State::status "${join(apt, 'status')}";`,
      `Dir::Cache "${join(apt, 'cache')}";`,
      `APT::Sandbox::User "root";`,
      `APT::Install-Recommends "false";`,
      `Acquire::Languages "none";`,
      '',
    ].join('\n'),
  );
  return config;
}

/** An entry of dpkg's database that satisfies any dependency on the package without one of its own. */
function statusEntry(name: string): string {
  return [
    `Package: ${name}`,
    'Status: install ok installed',
    'Maintainer: nobody',
    'Architecture: all',
    'Version: 999',
    'Multi-Arch: foreign',
    `Description: ${name}`,
    '',
  ].join('\n');
}

async function unpackAll(archives: string, into: string): Promise<void> {
  // Merged /usr first: the archives of older packages still carry /bin and /lib.
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(into, 'usr', folder), { recursive: true });
    await run(['ln', '-sfn', `usr/${folder}`, join(into, folder)]);
  }
  for (const file of (await readdir(archives)).filter((name) => name.endsWith('.deb'))) {
    await run([
      'sh',
      '-c',
      'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"',
      'sh',
      join(archives, file),
      into,
    ]);
  }
}
