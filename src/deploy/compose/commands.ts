import path from 'node:path';

import type { Command } from '../../model/command.js';
import { runMarks } from '../../model/run-identity.js';
import type { ComposeFiles, ServiceSpec } from '../../model/service.js';
import type { Deployment } from '../backend.js';
import { projectFilter, projectName, serviceFilter, slug } from './names.js';
import type { ComposeTool } from './runtime/versions.js';
import {
  BUILD,
  CREATE,
  DETECT,
  DISCARD,
  DOWN,
  IMAGE_IDS,
  LIST,
  LOGS,
  MISSING_IMAGES,
  PORT_HOLDERS,
  REMOVE,
} from './scripts.js';

export function detectCommand(): Command {
  return shell(DETECT);
}

/** Prints the compose file as compose understands it, with secrets in it: to be read here, never to be kept. */
export function configCommand(
  deployment: Deployment,
  files: ComposeFiles,
  compose: ComposeTool,
): Command {
  return composeCommand(deployment, files, compose, [], ['config']);
}

export function missingImagesCommand(images: readonly string[]): Command {
  return shell(MISSING_IMAGES, ...images);
}

export function imageIdsCommand(images: readonly string[]): Command {
  return shell(IMAGE_IDS, ...images);
}

/** @param platform `null`: the node's own. */
export function pullCommand(image: string, platform: string | null): Command {
  const options = platform === null ? [] : ['--platform', platform];
  return { argv: ['docker', 'pull', '--quiet', ...options, image] };
}

/** @param override What is laid over the file; see `override.ts`. */
export function buildCommand(
  deployment: Deployment,
  files: ComposeFiles,
  compose: ComposeTool,
  services: readonly string[],
  override: string,
): Command {
  const file = overridePath(deployment, files);
  const words = ['build', ...services];
  const build = composeCommand(deployment, files, compose, [file], words);
  const { argv, ...surroundings } = build;
  return { ...shell(BUILD, file, ...argv), ...surroundings, stdin: override };
}

/**
 * Creates the containers of some services of one file, and the networks and volumes that they need. Those of others are
 * not touched: where they depend on each other is the scheduler's business.
 *
 * @param override What is laid over the file; see `override.ts`.
 */
export function createCommand(
  deployment: Deployment,
  files: ComposeFiles,
  compose: ComposeTool,
  services: readonly string[],
  override: string,
): Command {
  const file = overridePath(deployment, files);
  // What a former start left must not come back with its old events and logs.
  const options = ['--no-start', '--no-deps', '--no-build', '--force-recreate'];
  const create = ['up', ...options, ...services];
  const { argv, ...surroundings } = composeCommand(deployment, files, compose, [file], create);
  return {
    ...shell(CREATE, file, projectFilter(deployment), ...argv),
    ...surroundings,
    stdin: override,
  };
}

function overridePath({ stateFolder }: Deployment, { composeFile }: ComposeFiles): string {
  return path.posix.join(stateFolder, `${slug(composeFile)}.override.json`);
}

/**
 * Compose as a person would run it in the folder of the file: that is where it looks for `.env` and starts relative
 * paths.
 *
 * @param over Absolute: what is laid over the files.
 */
function composeCommand(
  deployment: Deployment,
  { composeFile, composeOverride }: ComposeFiles,
  compose: ComposeTool,
  over: readonly string[],
  words: readonly string[],
): Command {
  const file = path.posix.resolve(deployment.workingFolder, composeFile);
  const [program, ...subcommand] = compose.argv;
  return {
    argv: [
      program,
      ...subcommand,
      // V2 does not know a service that another one depends on, if it is in no active profile; V1 does not mind.
      ...(compose.major >= 2 ? ['--profile', '*'] : []),
      '-p',
      projectName(deployment),
      ...[composeFile, ...(composeOverride === null ? [] : [composeOverride])]
        .map((name) => path.posix.basename(name))
        .concat(over)
        .flatMap((name) => ['-f', name]),
      ...words,
    ],
    cwd: path.posix.dirname(file),
    env: { ...deployment.variables, ...ownMarks(deployment) },
  };
}

/**
 * For what goes on by itself when the connection is lost: it would wait for ever, or make containers after everything was
 * swept. By its marks it is swept, too.
 */
function ownMarks({ run, controller }: Deployment): Readonly<Record<string, string>> {
  return runMarks({ run, controller });
}

export function startCommand(containers: readonly string[]): Command {
  return { argv: ['docker', 'start', ...containers] };
}

/** Has compose start the containers of a service that were made before; see `create/turns.ts`. */
export function composeStartCommand(
  deployment: Deployment,
  files: ComposeFiles,
  compose: ComposeTool,
  { name }: ServiceSpec,
): Command {
  const file = overridePath(deployment, files);
  return composeCommand(deployment, files, compose, [file], ['start', name]);
}

export function portHoldersCommand(port: number): Command {
  return shell(PORT_HOLDERS, String(port));
}

/** The ids of the containers of one service, a line each. */
export function containersCommand(deployment: Deployment, service: ServiceSpec): Command {
  return {
    argv: ['docker', 'ps', '-aq', '--no-trunc', ...filters(deployment, service).flatMap(asFilter)],
  };
}

/**
 * What happens to the containers of a deployment, a line of JSON each.
 *
 * @param since A time as docker understands it: seconds since the epoch, or how long ago (`30s`).
 */
export function eventsCommand(deployment: Deployment, since: string): Command {
  return {
    argv: [
      'docker',
      'events',
      '--since',
      since,
      '--format',
      '{{json .}}',
      ...['type=container', projectFilter(deployment)].flatMap(asFilter),
      // `exec` alone would be most of it: each run of a health check is three events.
      ...['start', 'die', 'oom', 'health_status', 'pause', 'unpause', 'destroy']
        .map((event) => `event=${event}`)
        .flatMap(asFilter),
    ],
    env: ownMarks(deployment),
  };
}

/** A line of JSON for each container; see `container-state.ts`. */
export function inspectCommand(containers: readonly string[]): Command {
  const fields = [
    '"id":{{json .Id}}',
    '"restarts":{{json .RestartCount}}',
    '"state":{{json .State}}',
    // Not `.Config.Healthcheck`: docker refuses to name what a container does not have.
    '"check":{{json (index .Config "Healthcheck")}}',
  ];
  return {
    argv: [
      'docker',
      'inspect',
      '--type',
      'container',
      '--format',
      `{${fields.join(',')}}`,
      ...containers,
    ],
  };
}

export function followLogCommand(deployment: Deployment, service: ServiceSpec): Command {
  return shell(LOGS, ...filters(deployment, service), '-f');
}

export function lastLinesCommand(
  deployment: Deployment,
  service: ServiceSpec,
  count: number,
): Command {
  return shell(LOGS, ...filters(deployment, service), '--tail', String(count));
}

export function wholeLogCommand(deployment: Deployment, service: ServiceSpec): Command {
  return shell(LOGS, ...filters(deployment, service), '--timestamps');
}

/** @param how `discard`: its containers have never run. */
export function downCommand(
  deployment: Deployment,
  service: ServiceSpec,
  how: 'stop' | 'discard',
): Command {
  return shell(how === 'stop' ? DOWN : DISCARD, ...filters(deployment, service));
}

export function listCommand(deployment: Deployment): Command {
  return shell(LIST, projectFilter(deployment), projectName(deployment));
}

/** @param how `force`: also what runs. */
export function removeCommand(deployment: Deployment, how: 'force' | 'stopped'): Command {
  const project = [projectFilter(deployment), projectName(deployment)];
  return shell(REMOVE, ...project, ...(how === 'force' ? ['--force'] : []));
}

function filters(deployment: Deployment, service: ServiceSpec): readonly [string, string] {
  return [projectFilter(deployment), serviceFilter(service)];
}

function asFilter(filter: string): readonly string[] {
  return ['--filter', filter];
}

function shell(script: string, ...args: readonly string[]): Command {
  return { argv: ['/bin/sh', '-c', script, 'playbook', ...args] };
}
