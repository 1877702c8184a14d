import { describe, it } from 'vitest';

import type { ComposeVersion } from '../../../lab/nodes/layout.js';
import type { ServiceSpec } from '../../../src/model/service.js';
import {
  type BackendUnderTest,
  type WantedService,
  describeBackend,
} from '../../contract/backend.js';
import {
  type Bench,
  IMAGE,
  NO_DOCKER,
  escapeCompose,
  dockerNodeWith,
  openBench,
  uniqueName,
} from './docker-bench.js';

const traits = { logsOutliveServices: false, logsAreBytes: false };

/** Holds the backend to its contract with one kind of compose. */
export function describeComposeBackend(version: ComposeVersion): void {
  const node = dockerNodeWith(version);
  if (node)
    describeBackend(`compose ${version}`, traits, async () => underTest(await openBench(node)));
  else describe.skip(`the compose ${version} backend`, () => it(NO_DOCKER, () => undefined));
}

function underTest(bench: Bench): BackendUnderTest {
  const { backend, another, deployment, docker } = bench;
  return {
    backend,
    another,
    deployment,
    serviceSpec: (wanted) => containerService(bench, wanted),
    readWorkingFile: (name) => Promise.resolve().then(() => bench.read(name)),
    kill: (running) => Promise.resolve(void docker('kill', containerOf(running))),
    ownerOf: (running) => {
      const format = '{{json .Config.Labels}}';
      const labels = JSON.parse(
        docker('inspect', '--format', format, containerOf(running)),
      ) as Record<string, string>;
      const names = ['run', 'scenario', 'node', 'service'];
      return Promise.resolve(names.map((name) => labels[`playbook.${name}`]));
    },
    outputIn: (log) => Buffer.from(log.toString().replaceAll(/^\S+Z /gm, '')),
    otherDeployment: (changes) => ({ ...deployment, ...changes }),
    close: () => bench.close(),
  };
}

function containerOf({ description }: { readonly description: string }): string {
  return description.replace('container ', '');
}

/** Writes a compose file for the service: each has its own, as each call may mean another service of the same name. */
function containerService(bench: Bench, wanted: WantedService): ServiceSpec {
  const {
    id = 'service',
    run,
    env = {},
    stopGracePeriodMs = 1_000,
    stopSignal,
    healthCheck,
  } = wanted;
  const composeFile = `${uniqueName(id)}.yml`;
  const file = {
    services: {
      [id]: {
        image: IMAGE,
        // Without a network it is quicker.
        network_mode: 'none',
        command: (typeof run === 'string' ? ['/bin/sh', '-c', run] : run).map(escapeCompose),
        environment: Object.fromEntries(
          Object.entries(env).map(([name, value]) => [name, escapeCompose(value)]),
        ),
        volumes: ['.:/work'],
        working_dir: '/work',
        // V1 hands parts of a second on as a number that docker does not take.
        stop_grace_period: `${Math.ceil(stopGracePeriodMs / 1000)}s`,
        ...(stopSignal ? { stop_signal: stopSignal } : {}),
        ...(healthCheck
          ? {
              healthcheck: {
                test: ['CMD', ...(healthCheck.argv ?? [])].map(escapeCompose),
                interval: `${healthCheck.intervalMs ?? 1_000}ms`,
                timeout: `${healthCheck.timeoutMs ?? 1_000}ms`,
                retries: healthCheck.retries ?? 3,
              },
            }
          : {}),
      },
    },
  };
  bench.write(composeFile, JSON.stringify(file));
  return bench.service(id, { composeFile });
}
