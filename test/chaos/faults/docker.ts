import { setTimeout as delay } from 'node:timers/promises';

import { labNode, onNode, startDocker, stopDocker } from '../../lab/support/lab.js';
import type { StampedEvent } from '../../../src/model/event.js';
import type { FailureRecord } from '../../../src/model/result.js';
import { MACHINE_OF } from '../project/suite.js';
import type { DrawFault } from './fault.js';
import { CONTAINERS, isOneOf, seconds } from './names.js';

/** dockerd of a node is stopped, and with it all containers; it comes back after a while, or when the run is over. */
export const dockerStopped: DrawFault = (random, nodes) => {
  const [first, ...others] = nodes;
  if (!first) throw new Error('there is no node');
  const node = random.pick([first, ...others]);
  const lastsMs = random.next() < 0.4 ? null : random.between(0, 5_000);
  return {
    description: `dockerd of ${node.name} stopped, back ${lastsMs === null ? 'when the run is over' : `after ${seconds(lastsMs)}`}`,
    lastsMs,
    hit: async () => {
      await stopDocker(node);
      return '';
    },
    mend: () => startDocker(node),
    expectation: {
      exitCodes: () => [0, 1, 3, 4],
      isTrueCause: (failure) =>
        isOneOf(
          [
            ...['service_crashed', 'service_exited', 'service_not_ready', 'service_start'],
            ...['runtime_missing', 'image_missing', 'transfer', 'left_behind'],
          ] as FailureRecord['kind'][],
          node,
          failure,
        ),
    },
  };
};

const KILL = `
id=$(docker ps -q --no-trunc --filter label=playbook.controller="$1" --filter label=playbook.scenario="$2" \\
  --filter label=com.docker.compose.service="$3")
[ -n "$id" ] && docker kill "$id"`;

/** How long docker may take to tell that a container has died. */
const IN_TIME_MS = 500;

/** One of the containers of the run is killed; where it does not run at that moment, as soon as it does. */
export const containerKilled: DrawFault = (random) => {
  const [first, ...others] = CONTAINERS;
  if (!first) throw new Error('the suite has no containers');
  const { scenario, service, node } = random.pick([first, ...others]);
  const machine = labNode(MACHINE_OF[node]);
  return {
    description: `the container of ${scenario}/${service} killed`,
    lastsMs: 0,
    // Half of them when it matters most.
    ...(random.next() < 0.5
      ? {
          aim: (event: StampedEvent) =>
            event.type === 'script_started' && event.scenario === scenario,
        }
      : {}),
    hit: async ({ project, running, signal }) => {
      const argv = ['sh', '-c', KILL, 'sh', project.controller, scenario, service];
      while (!signal.aborted && !running.isOver()) {
        // It may end by itself between the two.
        const killed = await onNode(machine, argv);
        if (killed.exitCode === 0) return `${scenario}/${service} on ${node}`;
        await delay(50);
      }
      return null;
    },
    mend: () => Promise.resolve(),
    expectation: {
      exitCodes: () => [0, 1],
      isTrueCause: ({ kind, service, node }, scenario, { moment }) =>
        (kind === 'service_crashed' || kind === 'service_exited') &&
        moment.target === `${scenario}/${service ?? ''} on ${node ?? ''}`,
      objections: ({ moment, events, summary }) => {
        const end = events.find(
          (event) => event.type === 'script_finished' && event.scenario === scenario,
        );
        // In the last moment before it, it may be told too late.
        const isInTime = !end || moment.hitAt < Date.parse(end.at) - IN_TIME_MS;
        const told = summary?.scenarios.find(({ name }) => name === scenario);
        if (moment.target === '' || !isInTime || told?.status === 'failed') return [];
        return [`${moment.target} was killed before the script had ended, and nobody noticed`];
      },
    },
  };
};
