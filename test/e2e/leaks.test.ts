import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Measured, type Sample, WINDOWS, findLeaks } from '../support/leaks/judge.js';
import { type Files, projectFolder, scenarioFiles } from '../support/project-folder.js';
import { startSshServer } from '../support/ssh-server/start.js';
import { makeTempFolder } from '../support/temp-folder.js';

const MEASURE = fileURLToPath(new URL('../support/leaks/measure-suite.ts', import.meta.url));

const SCENARIOS = 200;
/** One in ten has a service on a node that is reached over ssh, one in ten a service here: the others are quick. */
const OVER_SSH = 10;
const isOverSsh = (index: number) => index % OVER_SSH === 0;
const hasService = (index: number) => index % OVER_SSH < 2;

describe.skipIf(process.platform !== 'linux')(
  'a process that runs one scenario after the other',
  () => {
    it(
      `holds no more after ${SCENARIOS} of them than after the first few`,
      { timeout: 240_000 },
      async () => {
        const server = await startSshServer();
        onTestFinished(() => server.stop());
        const leases = await makeTempFolder();
        const project = await projectFolder(
          suiteOf(server.port, server.knownHostsFile, path.join(leases, 'lease')),
        );
        const measured = await measure(project.root);

        expect(measured.failure).toBeNull();
        expect(new Set(measured.statuses)).toEqual(new Set(['completed']));
        expect(measured.statuses).toHaveLength(SCENARIOS);
        expect(measured.samples.early).toHaveLength(20);
        expect(measured.samples.late).toHaveLength(20);
        expect(findLeaks(measured.samples)).toEqual([]);
        expect(measured.warnings).toEqual([]);
        // Connections came and went.
        expect(server.dials()).toBeGreaterThanOrEqual(SCENARIOS / OVER_SSH);
        expect(server.connections()).toBe(0);
      },
    );
  },
);

describe('what is taken for a leak', () => {
  const sample = (index: number): Sample => ({
    // Samples scatter.
    heapBytes: 30e6 + (index % 7) * 100_000,
    outsideHeapBytes: 4e6 + (index % 5) * 50_000,
    fileDescriptors: 25 + (index % 3),
    resources: { Timeout: 2 + (index % 2), PipeWrap: 3 },
  });
  const samples = (of: (index: number) => Partial<Sample>) => {
    const within = ([from, to]: readonly [number, number]) =>
      Array.from({ length: to - from }, (_, index) => ({
        ...sample(from + index),
        ...of(from + index),
      }));
    return { early: within(WINDOWS.early), late: within(WINDOWS.late) };
  };

  it('is not what comes and goes', () => {
    expect(findLeaks(samples(() => ({})))).toEqual([]);
  });

  it.each([
    ['20 kB of heap per scenario', (index: number) => ({ heapBytes: 30e6 + index * 20_000 })],
    ['20 kB of buffers per scenario', (index: number) => ({ outsideHeapBytes: index * 20_000 })],
    [
      'a file descriptor every ten scenarios',
      (index: number) => ({ fileDescriptors: 25 + Math.floor(index / 10) }),
    ],
    [
      'a timer every ten scenarios',
      (index: number) => ({ resources: { Timeout: Math.floor(index / 10) } }),
    ],
    [
      'a child process every ten scenarios',
      (index: number) => ({ resources: { ProcessWrap: Math.floor(index / 10) } }),
    ],
  ])('is %s', (_, of) => {
    expect(findLeaks(samples(of))).toHaveLength(1);
  });
});

function suiteOf(port: number, knownHosts: string, leases: string): Files {
  const nodes = {
    here: { transport: 'local', runtime: 'process' },
    there: {
      ...{ transport: 'ssh', host: '127.0.0.1', port, username: 'root', password: 'secret' },
      ...{ known_hosts: knownHosts, use_ssh_config: false, runtime: 'process' },
      // It is this very machine, which other tests use, too.
      lock_path: leases,
    },
  };
  const scenarios = Array.from({ length: SCENARIOS }, (_, index) =>
    scenarioFiles(`${String(index + 1).padStart(3, '0')}_s${index + 1}`, {
      metadata: [
        `deployment: { node: ${isOverSsh(index) ? 'there' : 'here'} }`,
        'test_execution: { result_paths: [out/] }',
      ].join('\n'),
      ...(hasService(index)
        ? {
            compose: 'services: { engine: { command: sleep 300, stop_grace_period: 1s } }\n',
          }
        : {}),
      script: 'echo "a line"; echo 17 >out/result',
    }),
  );
  return Object.assign(
    {
      'config/nodes.yaml': JSON.stringify({ nodes }),
      'config/defaults.yaml': 'service_health_check: { strategy: quick }\n',
    },
    ...scenarios,
  ) as Files;
}

async function measure(root: string): Promise<Measured> {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', import.meta.resolve('tsx'), MEASURE, root],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}
