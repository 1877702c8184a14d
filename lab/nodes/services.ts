import type { LabNode } from './layout.js';
import { attemptOnNode, runOnNode } from './processes.js';

/** Read before every other file of sshd's configuration; in sshd the first value of a setting holds. */
const SSHD_OVERRIDES = '/etc/ssh/sshd_config.d/00-override.conf';

/**
 * Starts sshd anew: sessions that are open go on.
 *
 * @param configLines Settings that come before the node's own; none: the node's own again.
 */
export async function restartSshd(
  node: LabNode,
  configLines: readonly string[] = [],
): Promise<void> {
  const script = `printf '%s\\n' "$@" >${SSHD_OVERRIDES}; mkdir -p /run/sshd; /usr/sbin/sshd -t`;
  await runOnNode(node, ['sh', '-ec', script, 'sh', ...configLines]);
  await stopSshd(node);
  await startSshd(node);
}

/** Stops sshd, and returns when nothing listens any more. Sessions that are open go on unless `sessions` is `end`. */
export async function stopSshd(node: LabNode, sessions: 'keep' | 'end' = 'keep'): Promise<void> {
  await runOnNode(node, ['service', 'ssh', 'stop']);
  await waitOnNode(node, '! nc -z 127.0.0.1 22');
  if (sessions === 'end') await attemptOnNode(node, ['pkill', '-KILL', '-x', 'sshd']);
}

export async function startSshd(node: LabNode): Promise<void> {
  await runOnNode(node, ['service', 'ssh', 'start']);
  await waitOnNode(node, 'nc -z 127.0.0.1 22');
}

export async function stopDocker(node: LabNode): Promise<void> {
  await runOnNode(node, ['service', 'docker', 'stop']);
}

/**
 * Docker 20.10 that was stopped while it made a network has saved it without its addresses, and panics over that at every
 * start (`reservePools`): what it knows of networks is thrown away then.
 */
const FORGET_HALF_NETWORK =
  '! tail -n 150 /var/log/docker.log | grep -q "libnetwork.*reservePools" || rm -f /var/lib/docker/network/files/local-kv.db';

/** Starts dockerd where it does not run, and waits until it answers. */
export async function startDocker(node: LabNode): Promise<void> {
  await runOnNode(node, ['service', 'docker', 'start']);
  // After a kill it may crash at its start, over what it finds half-written, and come up well the next time.
  const answers = 'docker version >/dev/null 2>&1';
  const again = `pidof dockerd >/dev/null || { ${FORGET_HALF_NETWORK}; service docker start >/dev/null 2>&1; }`;
  await waitOnNode(node, `${answers} || { ${again}; false; }`, 'tail -n 20 /var/log/docker.log');
}

/** What of the node answers. */
export interface ServiceStates {
  readonly sshd: boolean;
  readonly docker: boolean;
}

export async function probeServices(node: LabNode): Promise<ServiceStates> {
  const [sshd, docker] = await Promise.all([
    attemptOnNode(node, ['nc', '-z', '127.0.0.1', '22']),
    attemptOnNode(node, ['docker', 'version']),
  ]);
  return { sshd: sshd.exitCode === 0, docker: docker.exitCode === 0 };
}

/** Waits up to half a minute until a condition holds on the node; where it never does, says what `explain` prints. */
async function waitOnNode(node: LabNode, condition: string, explain = 'true'): Promise<void> {
  const script = `
    for try in $(seq 300); do
      if ${condition}; then exit 0; fi
      sleep 0.1
    done
    ${explain}
    exit 1`;
  await runOnNode(node, ['sh', '-c', script]);
}
