import path from 'node:path';

import type { Command } from '../../model/command.js';
import type { HealthCheck, ProcessSpec, ServiceSpec } from '../../model/service.js';
import { passesShells } from '../../remote/quote.js';
import type { Deployment } from '../backend.js';
import { asAssignments, deploymentLabels, serviceLabels } from '../labels.js';
import { CHECK, LIST, PREPARE, PRINT, PRINT_LAST, PURGE, START, STOP } from './scripts.js';

/** What the scripts call. */
const TOOLS = ['awk', 'cat', 'cut', 'grep', 'rm', 'sed', 'sleep', 'tail', 'tr', 'wc'];

/** The service's output on the node, of all its starts. */
export function logPath({ stateFolder }: Deployment, service: ServiceSpec): string {
  return path.posix.join(stateFolder, `${service.id}.log`);
}

/** Who the service's processes are; see `scripts.ts`. */
function recordPath({ stateFolder }: Deployment, service: ServiceSpec): string {
  return path.posix.join(stateFolder, `${service.id}.pid`);
}

export function startCommand(
  deployment: Deployment,
  service: ServiceSpec,
  spec: ProcessSpec,
): Command {
  // What a shell would change on the way is set behind it.
  const entries = Object.entries(spec.env);
  const late = entries.filter(([name]) => !passesShells(name)).map((entry) => entry.join('='));
  const [program = ''] = spec.argv;
  return {
    ...shell(
      START,
      logPath(deployment, service),
      recordPath(deployment, service),
      program,
      ...(late.length > 0 ? ['/usr/bin/env', '--', ...late] : []),
      ...spec.argv,
    ),
    ...surroundings(deployment, service, spec),
    env: {
      ...Object.fromEntries(entries.filter(([name]) => passesShells(name))),
      ...serviceLabels(deployment, service),
    },
  };
}

/** The health check runs where the service runs, with the same variables. */
export function healthCommand(
  deployment: Deployment,
  service: ServiceSpec,
  spec: ProcessSpec,
  check: HealthCheck,
): Command {
  const [program = '', ...args] = check.argv;
  return { argv: [program, ...args], ...surroundings(deployment, service, spec) };
}

function surroundings(deployment: Deployment, service: ServiceSpec, spec: ProcessSpec) {
  return {
    cwd: path.posix.resolve(deployment.workingFolder, spec.workingDir),
    env: { ...spec.env, ...serviceLabels(deployment, service) },
  };
}

/** @param how `confirm`: everything was ended from here, and the record is to be checked and removed. */
export function stopCommand(
  deployment: Deployment,
  service: ServiceSpec,
  { stopSignal, stopGracePeriodMs }: ProcessSpec,
  how: 'stop' | 'confirm',
): Command {
  return shell(
    STOP,
    recordPath(deployment, service),
    stopSignal.replace(/^SIG/, ''),
    String(Math.round(stopGracePeriodMs)),
    // Looking for labels means looking into every process of the node.
    ...(how === 'stop' ? asAssignments(serviceLabels(deployment, service)) : []),
  );
}

export function listCommand(deployment: Deployment): Command {
  return shell(LIST, deployment.stateFolder, ...asAssignments(deploymentLabels(deployment)));
}

export function purgeCommand(deployment: Deployment): Command {
  return shell(PURGE, deployment.stateFolder, ...asAssignments(deploymentLabels(deployment)));
}

export function checkCommand(): Command {
  return shell(CHECK, ...TOOLS);
}

export function prepareCommand({ workingFolder, stateFolder }: Deployment): Command {
  return shell(PREPARE, workingFolder, stateFolder);
}

/** @param offset How many bytes to leave out. */
export function followCommand(log: string, offset: number): Command {
  return { argv: ['tail', '-c', `+${offset + 1}`, '-f', log] };
}

/** As `followCommand`, but ends at the end of the log. */
export function restCommand(log: string, offset: number): Command {
  return { argv: ['tail', '-c', `+${offset + 1}`, log] };
}

export function printCommand(log: string): Command {
  return shell(PRINT, log);
}

/** @param offset How many bytes to leave out. */
export function lastLinesCommand(log: string, offset: number, count: number): Command {
  return shell(PRINT_LAST, log, String(offset + 1), String(count));
}

function shell(script: string, ...args: readonly string[]): Command {
  return { argv: ['/bin/sh', '-c', script, 'playbook', ...args] };
}
