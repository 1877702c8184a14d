/**
 * Three commands on many hosts, beside the tools that people use for it. `npm run bench:fanout -- [HOSTS...]`.
 *
 * The hosts are addresses of the loopback network with one sshd behind them, whose account has dash for its shell: what
 * is measured is the client, and the server's share is the same for all. Needs root, openssh-server, and for the peers
 * python3-asyncssh, python3-paramiko, pdsh and clustershell; those that are missing are left out.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { SSHD_MISSING } from '../support/sshd/requirements.js';
import { startSshd } from '../support/sshd/start.js';
import { addSystemUser } from '../support/sshd/user.js';
import type { FanOutReport, FanOutTask } from './fanout/task.js';

const SIZES = [1, 10, 100, 500, 2_000];
const FORKS = 64;
/** Those of the benchmark that this one follows; the third as every POSIX shell understands it. */
const COMMANDS = [
  'uname -sr',
  "echo 'sleep 5 && ls -al' > ~/sleep.sh && chmod +x ~/sleep.sh",
  'nohup sh ~/sleep.sh > ~/nohup.out 2>&1 &',
];

interface Client {
  readonly name: string;
  readonly isThere: () => boolean;
  readonly argv: (task: FanOutTask) => readonly string[];
}

interface Measurement {
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMb: number;
  readonly succeeded: number | null;
}

if (SSHD_MISSING !== null) throw new Error(SSHD_MISSING);
const here = (file: string) => fileURLToPath(new URL(`fanout/${file}`, import.meta.url));
const folder = await mkdtemp(path.join(tmpdir(), 'playbook-fanout-'));

/** As they are shipped: bundled, without a compiler in front of them. */
async function bundled(file: string): Promise<string> {
  const { build } = await import('esbuild');
  const outfile = path.join(
    fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url)),
    `${path.basename(file, '.ts')}.mjs`,
  );
  await build({
    entryPoints: [here(file)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['ssh2'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
  return outfile;
}
const playbook = await bundled('with-playbook.ts');
const bareSsh2 = await bundled('with-ssh2.ts');
const python = (module: string) => () => existsSync(`/usr/lib/python3/dist-packages/${module}`);

/** These take one line per connection: all three commands in one, which spares them two channels. */
const oneLine = `${COMMANDS.slice(0, 2).join(' && ')} && ${COMMANDS[2] ?? ''}`;
const CLIENTS: readonly Client[] = [
  {
    name: 'playbook',
    isThere: () => true,
    argv: (task) => ['node', playbook, JSON.stringify(task)],
  },
  { name: 'ssh2', isThere: () => true, argv: (task) => ['node', bareSsh2, JSON.stringify(task)] },
  {
    name: 'asyncssh',
    isThere: python('asyncssh'),
    argv: (task) => ['/usr/bin/python3', here('with_asyncssh.py'), JSON.stringify(task)],
  },
  {
    name: 'paramiko',
    isThere: python('paramiko'),
    argv: (task) => ['/usr/bin/python3', here('with_paramiko.py'), JSON.stringify(task)],
  },
  {
    name: 'pdsh',
    isThere: () => existsSync('/usr/bin/pdsh'),
    argv: ({ hosts, user, forks }) => [
      'pdsh',
      '-S',
      '-R',
      'ssh',
      '-f',
      String(forks),
      '-l',
      user,
      '-w',
      hosts.join(','),
      oneLine,
    ],
  },
  {
    name: 'clush',
    isThere: () => existsSync('/usr/bin/clush'),
    argv: ({ hosts, user, forks }) => [
      'clush',
      '-S',
      '-f',
      String(forks),
      '-l',
      user,
      '-o',
      `-F ${folder}/ssh_config`,
      '-w',
      hosts.join(','),
      oneLine,
    ],
  },
];

function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `127.1.${index >> 8}.${index & 255}`);
}

/** Runs a program with everything it starts counted: the shell's `times` has its children's. */
async function measure(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Measurement> {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >"$OUT" 2>"$ERR"';
  const files = { OUT: path.join(folder, 'out'), ERR: path.join(folder, 'err') };
  const child = spawn('bash', ['-c', script, 'bash', ...argv], {
    env: { ...process.env, ...env, ...files },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  let peakKb = 0;
  const sampling = setInterval(() => {
    void residentOf(child.pid ?? 0).then((kb) => (peakKb = Math.max(peakKb, kb)));
  }, 100);
  await new Promise((resolve) => child.on('close', resolve));
  clearInterval(sampling);
  const [wall = NaN, user = NaN, system = NaN] = told.trim().split(/\s+/).map(Number);
  const out = await readFile(files.OUT, 'utf8');
  const errors = (await readFile(files.ERR, 'utf8')).trim();
  if (errors !== '') console.error(`${argv[0] ?? ''}: ${errors.split('\n')[0] ?? ''}`);
  const reported = out.startsWith('{') ? (JSON.parse(out) as FanOutReport) : null;
  return {
    wallS: wall,
    cpuS: user + system,
    peakMb: peakKb / 1024,
    succeeded: reported?.succeeded ?? (out.match(/Linux/g) ?? []).length,
  };
}

/** Of the program and its children, in kB. */
async function residentOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const own = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const rss = Number(/VmRSS:\s+(\d+)/.exec(own)?.[1] ?? 0);
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(residentOf));
  return below.reduce((sum, kb) => sum + kb, rss);
}

function plot(rows: readonly (readonly [string, number, number])[]): void {
  const longest = Math.max(...rows.map(([, , wall]) => wall));
  for (const [name, hosts, wall] of rows) {
    const bar = '█'.repeat(Math.max(1, Math.round((wall / longest) * 50)));
    console.log(`${name.padEnd(9)} ${String(hosts).padStart(5)} │${bar} ${wall.toFixed(2)} s`);
  }
}

/** `BENCH_CLIENTS=playbook,asyncssh`: only these. */
const wanted = process.env['BENCH_CLIENTS']?.split(',');
const user = await addSystemUser('/bin/dash');
const sshd = await startSshd({
  config: ['ListenAddress 0.0.0.0', 'MaxStartups 1000:30:2000'],
});
try {
  const [, algorithm = '', key = ''] = sshd.hostKeyLine.split(' ');
  const knownHostsFile = path.join(folder, 'known_hosts');
  await writeFile(knownHostsFile, `[127.1.*]:${sshd.port} ${algorithm} ${key}\n`);
  await writeFile(
    path.join(folder, 'ssh_config'),
    `Host *\n  Port ${sshd.port}\n  IdentityFile ${sshd.keyFile}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${knownHostsFile}\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n`,
  );
  const env = { PDSH_SSH_ARGS_APPEND: `-F ${folder}/ssh_config` };
  const asked = process.argv
    .slice(2)
    .map(Number)
    .filter((size) => size > 0);
  const rows: (readonly [string, number, number])[] = [];
  console.log(`${COMMANDS.length} commands per host, ${FORKS} hosts at once\n`);
  console.log('hosts  client      wall s   CPU s  peak MB  ok     wall/asyncssh  CPU/asyncssh');
  for (const size of asked.length > 0 ? asked : SIZES) {
    const measured = new Map<string, Measurement>();
    for (const { name, isThere, argv } of CLIENTS) {
      if (!isThere() || (wanted && !wanted.includes(name))) continue;
      const task: FanOutTask = {
        hosts: addresses(size),
        port: sshd.port,
        user: user.name,
        keyFile: sshd.keyFile,
        knownHostsFile,
        forks: FORKS,
        commands: COMMANDS,
      };
      measured.set(name, await measure(argv(task), env));
    }
    const peer = measured.get('asyncssh');
    for (const [name, { wallS, cpuS, peakMb, succeeded }] of measured) {
      const ratio = (own: number, other: number | undefined) =>
        other === undefined ? '-' : (own / other).toFixed(2);
      rows.push([name, size, wallS]);
      console.log(
        [
          String(size).padStart(5),
          ` ${name.padEnd(9)}`,
          wallS.toFixed(2).padStart(8),
          cpuS.toFixed(2).padStart(7),
          peakMb.toFixed(0).padStart(8),
          ` ${String(succeeded)}`.padEnd(7),
          ratio(wallS, peer?.wallS).padStart(13),
          ratio(cpuS, peer?.cpuS).padStart(13),
        ].join(' '),
      );
    }
  }
  console.log(
    '\naims at 2,000 hosts: wall at most 0.80 and CPU at most 0.50 of asyncssh, peak under 200 MB\n',
  );
  plot(rows);
} finally {
  await sshd.stop();
  await user.remove();
  await rm(folder, { recursive: true, force: true });
}
