import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { vi } from 'vitest';

import type { Clock } from '../../src/async/clock.js';
import { createProcessBackend } from '../../src/deploy/process/backend.js';
import type { Deployment, RunningService } from '../../src/deploy/backend.js';
import type { ServiceSpec } from '../../src/model/service.js';
import { openLocal } from '../../src/remote/local/connection.js';
import { createPool } from '../../src/remote/pool/pool.js';
import type { BackendUnderTest, WantedService } from '../contract/backend.js';
import { nodeSpec, serviceSpec } from './specs.js';

let count = 0;

/** The process backend on this machine, with folders of its own. */
export async function openLocalBackend(options: { clock?: Clock } = {}): Promise<BackendUnderTest> {
  const root = await mkdtemp(path.join(tmpdir(), 'playbook-test-'));
  const connect = () => createPool((node) => openLocal(node, { cwd: root }));
  const pools = [connect()];
  const [pool] = pools;
  if (!pool) throw new Error('no pool');
  count += 1;
  const deployment: Deployment = {
    run: `test-${process.pid}-${count}`,
    controller: 'c0ffee',
    scenario: 'contract',
    node: nodeSpec(),
    workingFolder: path.join(root, 'work'),
    stateFolder: path.join(root, 'state'),
  };
  await mkdir(deployment.workingFolder);
  await mkdir(deployment.stateFolder);

  return {
    backend: createProcessBackend({ pool, ...options }),
    another() {
      const other = connect();
      pools.push(other);
      return createProcessBackend({ pool: other });
    },
    deployment,
    serviceSpec: processService,
    readWorkingFile: (name) => readFile(path.join(deployment.workingFolder, name)),
    kill: (running) => Promise.resolve(void process.kill(processGroupOf(running), 'SIGKILL')),
    async ownerOf(running) {
      const file = `/proc/${processGroupOf(running)}/environ`;
      // While the shell that starts it becomes the service, there is none.
      const environ = await vi.waitUntil(() => readFile(file, 'utf8'), { timeout: 5_000 });
      const env = new Map(
        environ.split('\0').map((entry) => entry.split('=', 2) as [string, string | undefined]),
      );
      return ['RUN', 'SCENARIO', 'NODE', 'SERVICE'].map((name) => env.get(`PLAYBOOK_${name}`));
    },
    outputIn: (log) => log,
    otherDeployment: (changes) => ({
      ...deployment,
      stateFolder: path.join(root, 'other'),
      ...changes,
    }),
    async close() {
      for (const each of pools) await each.closeAll();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function processGroupOf({ description }: RunningService): number {
  return Number(description.replace('process group ', ''));
}

function processService(wanted: WantedService): ServiceSpec {
  const { id = 'service', run, env = {}, stopGracePeriodMs = 5_000 } = wanted;
  return serviceSpec(id, [], {
    process: {
      argv: typeof run === 'string' ? ['/bin/sh', '-c', run] : run,
      env,
      workingDir: '.',
      stopSignal: wanted.stopSignal ?? 'SIGTERM',
      stopGracePeriodMs,
      healthCheck: wanted.healthCheck
        ? {
            argv: [],
            intervalMs: 1_000,
            timeoutMs: 1_000,
            retries: 3,
            startPeriodMs: 0,
            startIntervalMs: 1_000,
            ...wanted.healthCheck,
          }
        : null,
      ports: [],
    },
  });
}
