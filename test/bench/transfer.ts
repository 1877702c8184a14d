/**
 * What copying costs over SSH, beside `scp`, `rsync` and node-ssh's sftp in the same run, against one sshd on this machine:
 * 1 GB in one file, and 20,000 files of 4 kB, there and back. `npm run bench:transfer`, which takes some minutes.
 *
 * `BENCH_FOLDER`: where everything is copied from and to. The default is memory (`/dev/shm`), where there is room: on a
 * disk that makes files slowly, all of them take the same time. `BENCH_ROUNDS`: default 5.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { NodeSSH } from 'node-ssh';

import type { Connection } from '../../src/remote/connection.js';
import { openOverSsh } from '../support/ssh-connections.js';
import { type Sshd, startSshd } from '../support/sshd/start.js';

const LARGE_BYTES = 1e9;
const FILES = 20_000;
const FILE_BYTES = 4096;
const FOLDERS = 100;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
/** The source, the copy there and the copy here. */
const ROOM = 4e9;

interface Workload {
  readonly name: string;
  readonly source: string;
  readonly bytes: number;
  readonly isFolder: boolean;
  /** Whom we want to be as fast as. */
  readonly aim: string;
}

interface Contestant {
  readonly name: string;
  readonly run: (work: Workload, from: string, to: string, direction: 'up' | 'down') => unknown;
}

function benchFolder(): string {
  const chosen = process.env['BENCH_FOLDER'];
  if (chosen !== undefined) return chosen;
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > ROOM ? memory : tmpdir();
}

function makeWorkloads(folder: string): Workload[] {
  const large = path.join(folder, 'large');
  const descriptor = openSync(large, 'w');
  for (let done = 0; done < LARGE_BYTES;) {
    done += writeSync(descriptor, randomBytes(Math.min(1_000_000, LARGE_BYTES - done)));
  }
  closeSync(descriptor);
  const small = path.join(folder, 'small');
  for (let index = 0; index < FOLDERS; index += 1) {
    mkdirSync(path.join(small, `d${index}`), { recursive: true });
  }
  for (let index = 0; index < FILES; index += 1) {
    writeFileSync(path.join(small, `d${index % FOLDERS}`, `f${index}`), randomBytes(FILE_BYTES));
  }
  return [
    {
      name: '1 GB in one file',
      source: large,
      bytes: LARGE_BYTES,
      isFolder: false,
      aim: 'scp',
    },
    {
      name: '20,000 files of 4 kB',
      source: small,
      bytes: FILES * FILE_BYTES,
      isFolder: true,
      aim: 'rsync',
    },
  ];
}

function programs(sshd: Sshd, connection: Connection, nodeSsh: NodeSSH): Contestant[] {
  const options = [
    ...['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${sshd.knownHostsFile}`],
    ...['-o', 'LogLevel=ERROR', '-i', sshd.keyFile, '-F', '/dev/null'],
  ];
  const remote = (file: string) => `root@127.0.0.1:${file}`;
  return [
    {
      name: 'playbook',
      async run(_, from, to, direction) {
        const copied =
          direction === 'up'
            ? await connection.upload(from, to)
            : await connection.download(from, to);
        if (!copied.ok) throw new Error(copied.failure.message);
      },
    },
    {
      name: 'scp',
      run(_, from, to, direction) {
        const [a, b] = direction === 'up' ? [from, remote(to)] : [remote(from), to];
        execFileSync('scp', ['-q', '-r', '-p', '-P', String(sshd.port), ...options, a, b]);
      },
    },
    {
      name: 'rsync',
      run({ isFolder }, from, to, direction) {
        const slash = isFolder ? '/' : '';
        const [a, b] = direction === 'up' ? [from + slash, remote(to)] : [remote(from + slash), to];
        const ssh = `ssh -p ${sshd.port} ${options.join(' ')}`;
        execFileSync('rsync', ['-a', '-e', ssh, a, b]);
      },
    },
    {
      name: 'node-ssh sftp',
      async run({ isFolder }, from, to, direction) {
        if (!isFolder && direction === 'up') await nodeSsh.putFile(from, to);
        else if (!isFolder) await nodeSsh.getFile(to, from);
        else if (direction === 'up') await nodeSsh.putDirectory(from, to, { concurrency: 8 });
        else {
          // It wants the folder to be there.
          mkdirSync(to);
          await nodeSsh.getDirectory(to, from, { concurrency: 8 });
        }
      },
    },
  ];
}

/** Throws unless the copy is the same. */
function verify(work: Workload, copy: string): void {
  const { status, stdout } = spawnSync('diff', ['-rq', work.source, copy], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${work.name}: not copied right: ${stdout.slice(0, 500)}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Of all processors together, in s: what was not idle. */
function busySeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / 100;
}

interface Measured {
  readonly wallMs: number[];
  /** This process. */
  readonly ownS: number[];
  /** The machine. */
  readonly busyS: number[];
}

const folder = mkdtempSync(path.join(benchFolder(), 'playbook-bench-'));
const sshd = await startSshd();
const connection = await openOverSsh(sshd.nodeSpec());
const nodeSsh = await new NodeSSH().connect({
  host: '127.0.0.1',
  port: sshd.port,
  username: 'root',
  privateKeyPath: sshd.keyFile,
});
try {
  const workloads = makeWorkloads(folder);
  const contestants = programs(sshd, connection, nodeSsh);
  console.log(`copying in ${folder}, median of ${ROUNDS} rounds`);
  for (const work of workloads) {
    for (const direction of ['up', 'down'] as const) {
      const results = new Map<string, Measured>(
        contestants.map(({ name }) => [name, { wallMs: [], ownS: [], busyS: [] }]),
      );
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const { name, run } of contestants) {
          const copy = path.join(folder, 'copy');
          const busy = busySeconds();
          const own = process.cpuUsage();
          const begin = performance.now();
          await run(work, work.source, copy, direction);
          const measured = results.get(name);
          measured?.wallMs.push(performance.now() - begin);
          const { user, system } = process.cpuUsage(own);
          measured?.ownS.push((user + system) / 1e6);
          measured?.busyS.push(busySeconds() - busy);
          if (round === 0) verify(work, copy);
          rmSync(copy, { recursive: true, force: true });
        }
      }
      const aim = median(results.get(work.aim)?.wallMs ?? []);
      console.log(`${work.name}, ${direction} (aim: at most 1.00 of ${work.aim})`);
      for (const [name, { wallMs, ownS, busyS }] of results) {
        const wall = median(wallMs);
        console.log(
          `  ${name.padEnd(14)} ${(wall / 1000).toFixed(2).padStart(6)} s` +
            `  ${(work.bytes / wall / 1000).toFixed(0).padStart(5)} MB/s` +
            `  ${(wall / aim).toFixed(2).padStart(6)} of ${work.aim}` +
            `  processors ${median(busyS).toFixed(2)} s, of it this process ${median(ownS).toFixed(2)} s`,
        );
      }
    }
  }
} finally {
  nodeSsh.dispose();
  await connection.close();
  await sshd.stop();
  rmSync(folder, { recursive: true, force: true });
}
