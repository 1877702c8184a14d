import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { NodeSpec } from '../../../src/model/node.js';
import { nodeSpec } from '../specs.js';
import { makeKey } from './commands.js';
import { findFreePort, runSshd } from './process.js';

export interface SshdOptions {
  /** Lines of sshd_config, in place of those for the same options that are there otherwise. */
  readonly config?: readonly string[];
  /** Default: one ed25519 key. */
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** The account that `nodeSpec` logs in to. Default: root. */
  readonly user?: string;
}

/**
 * A real OpenSSH server on 127.0.0.1, with host keys, authorized keys and configuration of its own in a temporary folder.
 * Whoever starts it stops it: in `afterAll`, or `onTestFinished`.
 */
export interface Sshd {
  readonly port: number;
  /** Everything of it; for more files of a test. */
  readonly folder: string;
  /** As `ssh-keyscan` prints it, for the first type of key. */
  readonly hostKeyLine: string;
  /** A private key without passphrase that may log in to every account. */
  readonly keyFile: string;
  /** One public key per line; whoever has one may log in to every account. */
  readonly authorizedKeysFile: string;
  /** Holds `hostKeyLine` of every type. */
  readonly knownHostsFile: string;
  /** A node that logs in with `keyFile` and checks the host key strictly. */
  nodeSpec(overrides?: Partial<NodeSpec>): NodeSpec;
  /** What it logged, since the last restart (level VERBOSE). */
  log(): string;
  /** Stops it with its connections and starts it on the same port, with other lines of configuration where given. */
  restart(config?: readonly string[]): Promise<void>;
  /** Ends every connection without a goodbye; goes on listening. */
  killSessions(): Promise<void>;
  /** Stops listening and ends every connection; `restart` brings it back. */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  // sshd wants it for its own use, and in a container nobody else has made it.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(path.join(tmpdir(), 'playbook-sshd-'));
  // sshd reads the authorized keys as the user who logs in.
  await chmod(folder, 0o755);
  const file = (name: string) => path.join(folder, name);
  const types = options.hostKeyTypes ?? ['ed25519'];
  const port = await findFreePort();

  const hostKeyLines: string[] = [];
  for (const type of types) {
    const hostKey = file(`host_${type}`);
    await makeKey(hostKey, type);
    const [algorithm, key] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ');
    hostKeyLines.push(`[127.0.0.1]:${port} ${algorithm} ${key}`);
  }
  await makeKey(file('key'));
  await writeFile(file('authorized_keys'), await readFile(file('key.pub')));
  await writeFile(file('known_hosts'), `${hostKeyLines.join('\n')}\n`);

  const ours = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...types.map((type) => `HostKey ${file(`host_${type}`)}`),
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    `PidFile ${file('sshd.pid')}`,
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'UseDNS no',
    'MaxStartups 100:30:200',
    'LogLevel VERBOSE',
    'Subsystem sftp internal-sftp',
  ];
  const configure = (theirs: readonly string[]) => {
    // Of some options the first value counts, of others the last.
    const said = theirs.map((line) => line.split(/[\s=]/)[0]?.toLowerCase());
    const rest = ours.filter((line) => !said.includes(line.split(' ')[0]?.toLowerCase()));
    // Theirs last: a Match block goes on to the end of the file.
    return writeFile(file('sshd_config'), [...rest, ...theirs, ''].join('\n'));
  };
  let lines = options.config ?? [];
  await configure(lines);
  let sshd = await runSshd(file('sshd_config'));

  return {
    port,
    folder,
    hostKeyLine: hostKeyLines[0] ?? '',
    keyFile: file('key'),
    authorizedKeysFile: file('authorized_keys'),
    knownHostsFile: file('known_hosts'),
    nodeSpec: (overrides = {}) =>
      nodeSpec({
        transport: 'ssh',
        host: '127.0.0.1',
        port,
        username: options.user ?? 'root',
        authentication: {
          password: null,
          privateKeyPath: file('key'),
          passphrase: null,
          agent: false,
        },
        useSshConfig: false,
        knownHosts: file('known_hosts'),
        ...overrides,
      }),
    log: () => sshd.log(),
    async restart(config) {
      lines = config ?? lines;
      await sshd.kill();
      await configure(lines);
      sshd = await runSshd(file('sshd_config'));
    },
    killSessions: () => sshd.killSessions(),
    kill: () => sshd.kill(),
    async stop() {
      await sshd.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
