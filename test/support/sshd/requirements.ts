import { existsSync } from 'node:fs';

/** Why there can be no real sshd here, `null` where there can: for `describe.skipIf(SSHD_MISSING !== null)`. */
export const SSHD_MISSING: string | null = unlessRequired(missing());

/** Continuous integration has everything: there, nothing may be skipped unnoticed. */
function unlessRequired(reason: string | null): string | null {
  if (reason !== null && process.env['PLAYBOOK_TEST_REQUIRES'] !== undefined) {
    throw new Error(`${reason}, and PLAYBOOK_TEST_REQUIRES is set`);
  }
  return reason;
}

function missing(): string | null {
  if (process.getuid?.() !== 0) return 'sshd has to be started as root';
  const needed = ['/usr/sbin/sshd', '/usr/bin/ssh-keygen', '/usr/bin/ssh'];
  const absent = needed.filter((file) => !existsSync(file));
  return absent.length === 0
    ? null
    : `${absent.join(', ')} missing: apt-get install openssh-server openssh-client`;
}
