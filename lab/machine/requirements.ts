import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { run } from './command.js';

/** Programs that the lab runs on this machine and that a small one may lack, with their packages. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  perl: 'perl',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
};

/** Why there can be no lab on this machine, in one sentence; `null` where there can. */
export function labObstacle(): string | null {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/dpkg')) {
    return 'The lab needs Debian or Ubuntu: it is made of their packages and of Linux namespaces.';
  }
  if (process.getuid?.() !== 0) {
    return 'The lab needs root: run it with sudo, or as root.';
  }
  return null;
}

/** Installs the few programs that the lab needs here and a bare machine may lack. */
export async function installMissingPrograms(say: (line: string) => void): Promise<void> {
  const missing = new Set(
    Object.entries(PROGRAMS)
      .filter(([program]) => !isOnPath(program))
      .map(([, debianPackage]) => debianPackage),
  );
  if (missing.size === 0) return;
  say(`installing ${[...missing].join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(['apt-get', 'update'], { env });
  await run(['apt-get', 'install', '-y', '--no-install-recommends', ...missing], { env });
}

function isOnPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
