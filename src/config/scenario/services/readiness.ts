import type { NodeSpec } from '../../../model/node.js';
import type { HealthCheckStrategy } from '../../../model/scenario.js';
import type { Readiness } from '../../../model/service.js';
import type { Section } from '../../check/section.js';
import type { HealthCheckEntry } from '../../schema/metadata.js';
import { parseDuration } from '../../value/duration.js';
import type { Instance } from './instances.js';

/** What the three layers say about readiness. */
export interface ReadinessSettings {
  readonly isEnabled: boolean;
  readonly strategy: HealthCheckStrategy;
  /** For services whose own health check gives no timeout. */
  readonly timeoutMs: number;
}

type CheckType = NonNullable<HealthCheckEntry['type']>;
type CheckKey = Extract<keyof HealthCheckEntry, string>;

const INTERVAL_MS = 1000;
const THOROUGH_PASSES = 3;

/** Which keys belong to which type, and which of them it cannot do without. */
const KEYS: Readonly<Record<CheckType, readonly CheckKey[]>> = {
  container: [],
  http: ['url', 'status'],
  tcp: ['port', 'host'],
  command: ['command'],
  log: ['pattern'],
};
const REQUIRED: Readonly<Partial<Record<CheckType, CheckKey>>> = {
  http: 'url',
  tcp: 'port',
  command: 'command',
  log: 'pattern',
};
const TYPES = Object.keys(KEYS) as readonly CheckType[];

/** What makes an instance ready, and whether anything is checked at all. */
export interface ResolvedReadiness {
  readonly readiness: Readiness;
  /** The service has a health check, switched on or not: what `service_healthy` can wait for. */
  readonly hasCheck: boolean;
}

export function resolveReadiness(
  instance: Instance,
  settings: ReadinessSettings,
): ResolvedReadiness {
  const section = instance.entry?.section('health_check');
  const hasContainerCheck = hasComposeCheck(instance);
  const checked = section
    ? readCheck(section, instance, hasContainerCheck, settings)
    : hasContainerCheck
      ? ({ type: 'container', ...timing(undefined, settings) } as const)
      : undefined;
  const hasCheck = checked !== undefined;
  if (checked && settings.isEnabled) return { readiness: checked, hasCheck };
  return {
    readiness: {
      type: 'none',
      timeoutMs: settings.timeoutMs,
      intervalMs: INTERVAL_MS,
      consecutivePasses: 1,
    },
    hasCheck,
  };
}

/** Outside a container, only a check that says what to run is one. */
function hasComposeCheck({ service, node }: Instance): boolean {
  if (!service.healthCheck) return false;
  return node.runtime === 'docker' || service.healthCheck.argv !== null;
}

function timing(section: Section<HealthCheckEntry> | undefined, settings: ReadinessSettings) {
  return {
    timeoutMs: readPositive(section, 'timeout') ?? settings.timeoutMs,
    intervalMs: readPositive(section, 'interval') ?? INTERVAL_MS,
    consecutivePasses: settings.strategy === 'thorough' ? THOROUGH_PASSES : 1,
  };
}

function readPositive(
  section: Section<HealthCheckEntry> | undefined,
  key: 'timeout' | 'interval',
): number | undefined {
  const written = section?.get(key);
  if (written === undefined) return undefined;
  const duration = parseDuration(written);
  if (duration !== 0) return duration;
  section?.error(key, 'must be more than 0');
  return undefined;
}

function readCheck(
  section: Section<HealthCheckEntry>,
  instance: Instance,
  hasContainerCheck: boolean,
  settings: ReadinessSettings,
): Readiness | undefined {
  const times = timing(section, settings);
  if (section.isUnusable('type')) {
    section.get('type');
    return undefined;
  }
  const type = section.get('type') ?? inferType(section, instance, hasContainerCheck);
  if (type === undefined) return undefined;
  for (const key of TYPES.flatMap((other) => KEYS[other])) {
    if (section.has(key) && !KEYS[type].includes(key)) {
      section.error(key, `has no meaning for a health check of type ${type}`);
    }
  }
  const required = REQUIRED[type];
  if (required !== undefined && !section.has(required)) {
    section.error(null, `\`${required}\` is missing, which a health check of type ${type} needs`);
    return undefined;
  }
  switch (type) {
    case 'container':
      return readContainerCheck(section, instance, hasContainerCheck, times);
    case 'http':
      return readHttpCheck(section, instance.node, instance, times);
    case 'tcp':
      return readTcpCheck(section, instance, times);
    case 'command':
      return readCommandCheck(section, instance, times);
    case 'log':
      return readLogCheck(section, instance, times);
  }
}

function inferType(
  section: Section<HealthCheckEntry>,
  { service }: Instance,
  hasContainerCheck: boolean,
): CheckType | undefined {
  const meant = TYPES.filter((type) => KEYS[type].some((key) => section.has(key)));
  const [only, ...others] = meant;
  if (only && others.length === 0) return only;
  if (others.length > 0) {
    section.error(null, `could be of type ${meant.join(' or ')}`, 'say which: `type: …`');
    return undefined;
  }
  // Only times: those of the check that the compose file has.
  if (hasContainerCheck) return 'container';
  section.error(
    null,
    `does not say what to check, and the compose file gives ${service.name} no healthcheck`,
    `write \`type:\` ${TYPES.join(' | ')}`,
  );
  return undefined;
}

type Times = ReturnType<typeof timing>;

function readContainerCheck(
  section: Section<HealthCheckEntry>,
  { service, node }: Instance,
  hasContainerCheck: boolean,
  times: Times,
): Readiness | undefined {
  // The image may have one that nobody here can see.
  if (hasContainerCheck || node.runtime === 'docker') return { type: 'container', ...times };
  section.error(
    'type',
    `${service.name} has no healthcheck in the compose file, and without a container there is no image that could have one`,
    'give it a `healthcheck:` with a `test`, or choose another type',
  );
  return undefined;
}

function readHttpCheck(
  section: Section<HealthCheckEntry>,
  node: NodeSpec,
  instance: Instance,
  times: Times,
): Readiness | undefined {
  const written = section.get('url');
  if (written === undefined) return undefined;
  const host = node.host.includes(':') ? `[${node.host}]` : node.host;
  const url = fill(written, { ...namesOf(instance), host });
  const placeholder = /\{[^}]*\}/.exec(url)?.[0];
  if (placeholder !== undefined) {
    section.error(
      'url',
      `has an unknown placeholder ${placeholder}`,
      'there are {host}, {node} and {service}',
    );
    return undefined;
  }
  if (!isWebAddress(url)) {
    section.error('url', `is no http or https URL: '${url}'`, 'write "http://{host}:8000/health"');
    return undefined;
  }
  return { type: 'http', url, expectStatus: section.get('status') ?? null, ...times };
}

function isWebAddress(url: string): boolean {
  try {
    return /^https?:$/.test(new URL(url).protocol);
  } catch {
    return false;
  }
}

function readTcpCheck(
  section: Section<HealthCheckEntry>,
  instance: Instance,
  times: Times,
): Readiness | undefined {
  const port = section.get('port');
  if (port === undefined) return undefined;
  const host = fill(section.get('host') ?? '{host}', namesOf(instance));
  if (host === '' || /[\s/{}]/.test(host)) {
    section.error('host', `is no host name and no address: '${host}'`);
    return undefined;
  }
  return { type: 'tcp', host, port, ...times };
}

function readCommandCheck(
  section: Section<HealthCheckEntry>,
  instance: Instance,
  times: Times,
): Readiness | undefined {
  const command = section.get('command');
  if (command === undefined) return undefined;
  const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  if (words.length === 0 || command === '') {
    section.error('command', 'is empty');
    return undefined;
  }
  const argv = words.map((word) => fill(word, namesOf(instance)));
  if (argv.some((word) => word.includes('\0'))) {
    section.error('command', 'contains a NUL character, which no program can be given');
    return undefined;
  }
  return { type: 'command', argv, ...times };
}

function readLogCheck(
  section: Section<HealthCheckEntry>,
  instance: Instance,
  times: Times,
): Readiness | undefined {
  const written = section.get('pattern');
  if (written === undefined) return undefined;
  const names = namesOf(instance);
  const pattern = fill(written, {
    host: escapeRegExp(names.host),
    node: escapeRegExp(names.node),
    service: escapeRegExp(names.service),
  });
  try {
    new RegExp(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : '';
    section.error('pattern', `is no regular expression: ${reason.toLowerCase()}`);
    return undefined;
  }
  return { type: 'log', pattern, ...times };
}

interface Names {
  readonly host: string;
  readonly node: string;
  readonly service: string;
}

function namesOf({ node, service }: Instance): Names {
  return { host: node.host, node: node.name, service: service.name };
}

/** Other braces stay: they belong to the shell, to a regular expression, or are a mistake for others to find. */
function fill(text: string, names: Names): string {
  return text.replaceAll(/\{(host|node|service)\}/g, (_, name: keyof Names) => names[name]);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|-]/g, '\\$&');
}
