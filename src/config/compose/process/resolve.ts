import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { isAbsolute } from 'node:path';

import { split } from 'shlex';

import type { HealthCheck, ProcessSpec } from '../../../model/service.js';
import { describe, type YamlMap } from '../../yaml/tree.js';
import type { ComposeContext } from '../context.js';
import { readDuration } from '../duration.js';
import { resolveEnvironment } from '../environment.js';
import type { ComposeService } from '../model.js';
import { readOwnPorts } from '../ports.js';
import { fail, readText, readTexts, valueOf, warn, type Placed } from '../reader.js';
import { reportContainerOnly } from './container-only.js';
import { findServiceHosts } from './host-names.js';

const STOP_SIGNAL = 'SIGTERM';
const STOP_GRACE_PERIOD_MS = 10_000;
const SHELL_OPERATORS = ['&&', '||', '|', ';', '&', '>', '>>', '<', '2>', '2>&1'];

export interface ProcessOptions {
  /** The node is this machine. */
  readonly isLocal: boolean;
  /** For health checks that do not say: how many failures in a row are too many. */
  readonly healthRetries: number;
  /** Names of the services that the scenario deploys. */
  readonly services: ReadonlySet<string>;
}

/** What a service is without a container. `undefined`, and problems, where it cannot be said what to run. */
export function resolveProcess(
  context: ComposeContext,
  service: ComposeService,
  options: ProcessOptions,
): ProcessSpec | undefined {
  const { report } = context;
  const placed: Placed<YamlMap> = { node: service.map, path: ['services', service.name] };
  reportContainerOnly(report, placed);
  const argv = readArguments(context, placed, service);
  const env = resolveEnvironment(context, placed, options.isLocal);
  const grace = valueOf(placed, 'stop_grace_period');
  const stop = valueOf(placed, 'stop_signal');
  const process = {
    env,
    workingDir: readWorkingDir(context, placed, options.isLocal),
    stopSignal: (stop && readSignal(context, stop)) ?? STOP_SIGNAL,
    stopGracePeriodMs: (grace && readDuration(report, grace)) ?? STOP_GRACE_PERIOD_MS,
    healthCheck: resolveHealthCheck(context, service, options.healthRetries),
    ports: readOwnPorts(service.map).map(({ published }) => published),
  };
  const hosts = findServiceHosts([...(argv ?? []), ...Object.values(env)], options.services);
  if (hosts.length > 0) {
    report({
      severity: 'warning',
      at: service.at,
      path: placed.path.join('.'),
      message: `its command or environment names services as hosts, which only a container network knows: ${hosts.join(', ')}`,
      hint: 'under runtime process write the address of the node, such as 127.0.0.1',
    });
  }
  return argv && { argv, ...process };
}

/** `entrypoint` followed by `command`. */
function readArguments(
  context: ComposeContext,
  placed: Placed<YamlMap>,
  service: ComposeService,
): readonly string[] | undefined {
  const parts = ['entrypoint', 'command'].map((key) => {
    const value = valueOf(placed, key);
    return value ? readCommand(context, value) : [];
  });
  if (parts.includes(undefined)) return undefined;
  const argv = parts.flatMap((part) => part ?? []);
  if (argv.length > 0) return argv;
  context.report({
    severity: 'error',
    at: service.at,
    path: placed.path.join('.'),
    message: "the image's default command is unknown outside a container",
    hint: 'give the service a `command:`',
  });
  return undefined;
}

function readCommand(context: ComposeContext, value: Placed): readonly string[] | undefined {
  const { report } = context;
  if (value.node.kind === 'sequence') return readTexts(report, value, false);
  if (value.node.kind === 'map') {
    fail(report, value, `must be a text or a list; got ${describe(value.node)}`);
    return undefined;
  }
  const line = readText(report, value);
  if (line === undefined) return undefined;
  let words: readonly string[];
  try {
    words = split(line);
  } catch {
    fail(report, value, 'has a quote that is never closed');
    return undefined;
  }
  const operator = words.find((word) => SHELL_OPERATORS.includes(word));
  if (operator !== undefined) {
    warn(
      report,
      value,
      `no shell reads this: \`${operator}\` is an argument of \`${words[0] ?? ''}\``,
      'write ["sh", "-c", "…"] where a shell is meant',
    );
  }
  return words;
}

function readSignal(context: ComposeContext, value: Placed): NodeJS.Signals | undefined {
  const written = value.node.kind === 'scalar' ? value.node.source.trim().toUpperCase() : '';
  const isWanted = /^\d+$/.test(written)
    ? ([, number]: [string, number]) => number === Number(written)
    : ([name]: [string, number]) => name === written || name === `SIG${written}`;
  const found = Object.entries(constants.signals).find(isWanted);
  if (!found) fail(context.report, value, `is no signal: ${describe(value.node)}`);
  return found?.[0] as NodeJS.Signals | undefined;
}

function readWorkingDir(
  context: ComposeContext,
  placed: Placed<YamlMap>,
  isLocal: boolean,
): string {
  const value = valueOf(placed, 'working_dir');
  const written = value && readText(context.report, value);
  if (!value || written === undefined || written === '') return '.';
  if (isLocal && isAbsolute(written) && !existsSync(written)) {
    warn(
      context.report,
      value,
      `the folder ${written} does not exist on this machine`,
      'without a container this is a folder of the node; relative ones are those of the scenario',
    );
  }
  return written;
}

function resolveHealthCheck(
  context: ComposeContext,
  { healthCheck, name }: ComposeService,
  retries: number,
): HealthCheck | null {
  if (!healthCheck) return null;
  if (!healthCheck.hasTest) {
    context.report({
      severity: 'warning',
      at: healthCheck.at,
      path: `services.${name}.healthcheck`,
      message:
        'has no effect under runtime process: it gives no `test`, and there is no image to give one',
    });
  }
  if (!healthCheck.argv) return null;
  const { intervalMs, timeoutMs, startPeriodMs, startIntervalMs } = healthCheck;
  return {
    argv: healthCheck.argv,
    intervalMs,
    timeoutMs,
    retries: healthCheck.retries ?? retries,
    startPeriodMs,
    startIntervalMs,
  };
}
