import type { Connection } from '../../../remote/connection.js';

/** How long a daemon may take from its start to its first answer: it loads every container that there is. */
const START_S = 60;

/**
 * `… playbook SECONDS`: starts the Docker service where it is stopped and the login may, and waits until it answers. Says
 * what came of it in one line.
 */
const RESTART = `
patience=$1
has() { command -v "$1" >/dev/null 2>&1; }
if has timeout; then ask() { timeout 10 docker version; }; else ask() { docker version; }; fi
has docker || { echo 'nothing'; exit; }
if said=$(ask 2>&1); then echo 'nothing'; exit; fi
case $said in *'permission denied'*) echo 'nothing'; exit ;; esac

if [ "$(id -u)" = 0 ]; then as=
elif sudo -n true 2>/dev/null; then as='sudo -n '
else echo 'forbidden'; exit
fi
if [ -d /run/systemd/system ] && has systemctl; then start='systemctl start docker'
else start='service docker start'
fi
$as$start </dev/null >/dev/null 2>&1 || { echo "failed $as$start"; exit; }
until ask >/dev/null 2>&1; do
  patience=$((patience - 1))
  [ "$patience" -gt 0 ] || { echo "silent $as$start"; exit; }
  sleep 1
done
echo "started $as$start"
`;

/**
 * What came of starting Docker again; `command` is what was called.
 *
 * - `nothing`: it is not stopped, or not there, or it does not let this login in.
 * - `forbidden`: the login may not start it.
 */
export type Restart =
  | { readonly result: 'nothing' | 'forbidden' }
  | { readonly result: 'started' | 'failed' | 'silent'; readonly command: string };

export async function restartDocker(connection: Connection, signal: AbortSignal): Promise<Restart> {
  const argv = ['/bin/sh', '-c', RESTART, 'playbook', String(START_S)] as const;
  // The daemon is what was meant to be started.
  const options = { signal, timeoutMs: (START_S + 60) * 1_000, descendants: 'leave' } as const;
  const result = await connection.exec({ argv }, options);
  return parseRestart(result.stdout.toString('utf8'));
}

/** @param text What the script says; nothing where it did not come to its end. */
export function parseRestart(text: string): Restart {
  const [word = '', ...rest] = text.trim().split(' ');
  const command = rest.join(' ');
  switch (word) {
    case 'started':
    case 'failed':
    case 'silent':
      return { result: word, command };
    case 'forbidden':
      return { result: 'forbidden' };
    default:
      return { result: 'nothing' };
  }
}

/** What the user should know of it; `null` where nothing was done. */
export function describeRestart(restart: Restart): string | null {
  switch (restart.result) {
    case 'nothing':
      return null;
    case 'forbidden':
      return 'docker does not answer, and the login may not start it: let it use sudo without a password';
    case 'started':
      return `docker did not answer: started again with \`${restart.command}\``;
    case 'failed':
      return `docker does not answer, and \`${restart.command}\` failed: look at journalctl -u docker`;
    case 'silent':
      return `docker does not answer, also not after \`${restart.command}\`: look at journalctl -u docker`;
  }
}
