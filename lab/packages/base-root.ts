import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../machine/command.js';
import { cached } from './cached.js';
import {
  debianKeyring,
  debianMirror,
  inheritedAptSettings,
  unpackHostPackage,
  unpackPackages,
} from './debian.js';

const NODE_SUITE = 'bookworm';
/** The suite whose Compose is the V2 plugin; its binary needs no newer libc than the nodes have. */
const COMPOSE_V2_SUITE = 'trixie';
const COMPOSE_V1 = 'usr/bin/docker-compose';
const COMPOSE_V2 = 'usr/libexec/docker/cli-plugins/docker-compose';

const NODE_PACKAGES = [
  'docker.io',
  'docker-compose',
  'openssh-server',
  'iptables',
  'iproute2',
  'procps',
  'psmisc',
  'mount',
  'iputils-ping',
  'tini',
  'rsync',
  'curl',
  'netcat-openbsd',
  'fish',
  'libstdc++6',
];

export interface NodeRoots {
  /** What all nodes share: a Debian with docker, sshd and users, without any Compose. */
  readonly base: string;
  /** `docker-compose`, the program in Python. */
  readonly composeV1: string;
  /** `docker compose`, the plugin. */
  readonly composeV2: string;
}

/** The root file systems that nodes are made of, as layers for an overlay; built where the cache has none. */
export async function buildNodeRoots(say: (line: string) => void): Promise<NodeRoots> {
  const customize = join(import.meta.dirname, 'customize-base.sh');
  const recipe = [NODE_SUITE, NODE_PACKAGES, await readFile(customize, 'utf8'), 1];
  const roots = await cached('node-roots', recipe, async (folder) => {
    say(`building the nodes' root from Debian ${NODE_SUITE} (about a minute)`);
    await bootstrap(join(folder, 'base'), customize);
    await mkdir(join(folder, 'compose-v1/usr/bin'), { recursive: true });
    await rename(join(folder, 'base', COMPOSE_V1), join(folder, 'compose-v1', COMPOSE_V1));
  });
  return {
    base: join(roots, 'base'),
    composeV1: join(roots, 'compose-v1'),
    composeV2: await buildComposeV2(say),
  };
}

async function buildComposeV2(say: (line: string) => void): Promise<string> {
  return cached('compose-v2', [COMPOSE_V2_SUITE, COMPOSE_V2], async (folder) => {
    say(`fetching Compose V2 from Debian ${COMPOSE_V2_SUITE}`);
    const unpacked = join(folder, 'unpacked');
    await unpackPackages(COMPOSE_V2_SUITE, ['docker-compose'], 'none', unpacked);
    await mkdir(join(folder, COMPOSE_V2, '..'), { recursive: true });
    await rename(join(unpacked, COMPOSE_V2), join(folder, COMPOSE_V2));
    await run(['rm', '-rf', unpacked]);
  });
}

async function bootstrap(root: string, customize: string): Promise<void> {
  const scratch = `${root}.tmp`;
  await mkdir(scratch);
  const tool = join(await unpackHostPackage('mmdebstrap'), 'usr/bin');
  const settings = [
    ...(await inheritedAptSettings()),
    'APT::Install-Recommends "false"',
    'Acquire::Languages "none"',
  ];
  const omitted = ['doc', 'man', 'locale', 'info', 'lintian'];
  await run(
    [
      // In namespaces of its own: where lab:up is killed, its processes and mounts end with it.
      ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      'perl',
      join(tool, 'mmdebstrap'),
      '--mode=root',
      '--variant=essential',
      '--format=directory',
      `--keyring=${await debianKeyring()}`,
      ...settings.map((line) => `--aptopt=${line.replace(/;$/, '')}`),
      ...omitted.map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
      '--dpkgopt=force-unsafe-io',
      `--include=${NODE_PACKAGES.join(',')}`,
      `--customize-hook=sh '${customize}' "$1"`,
      NODE_SUITE,
      root,
      await debianMirror(),
    ],
    { env: { PATH: `${tool}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, TMPDIR: scratch } },
  );
  await rm(scratch, { recursive: true });
}
