import { parse } from 'yaml';

/** What has to be known of a service before its container is made. */
export interface ModelService {
  /** `null`: only what is built has no name of its own. */
  readonly image: string | null;
  readonly isBuilt: boolean;
  readonly platform: string | null;
  /** As written; `null`: pulled where it is missing. */
  readonly pullPolicy: string | null;
  /** Services whose health or end it waits for. */
  readonly awaits: readonly string[];
  /** It uses the network or another namespace of another service. */
  readonly sharesNamespaces: boolean;
  readonly isLinked: boolean;
  /** How many it names. */
  readonly networks: number;
}

/** A compose file as compose understands it. */
export interface ComposeModel {
  readonly services: ReadonlyMap<string, ModelService>;
  /** Those that compose makes itself; external ones are not ours. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

/** The network of services that name none; V1 does not list it. */
const DEFAULT_NETWORK = 'default';

/** @param text What `config` prints: the same YAML in V1 and V2, as far as it is read here. */
export function parseComposeModel(text: string): ComposeModel {
  const root = asMap(parse(text));
  const networks = asMap(root['networks']);
  const own = (entries: Readonly<Record<string, unknown>>) =>
    Object.keys(entries).filter((name) => !isExternal(entries[name]));
  return {
    services: new Map(
      Object.entries(asMap(root['services'])).map(([name, service]) => [
        name,
        readService(service),
      ]),
    ),
    networks: own({ [DEFAULT_NETWORK]: null, ...networks }),
    volumes: own(asMap(root['volumes'])),
  };
}

function readService(value: unknown): ModelService {
  const service = asMap(value);
  return {
    image: asText(service['image']),
    isBuilt: service['build'] !== undefined && service['build'] !== null,
    platform: asText(service['platform']),
    pullPolicy: asText(service['pull_policy']),
    awaits: readAwaited(service['depends_on']),
    sharesNamespaces: ['network_mode', 'pid', 'ipc'].some((key) =>
      asText(service[key])?.startsWith('service:'),
    ),
    isLinked: ['links', 'external_links'].some((key) => sizeOf(service[key]) > 0),
    networks: sizeOf(service['networks']),
  };
}

/** A list has no conditions: there, started is enough. */
function readAwaited(dependsOn: unknown): readonly string[] {
  return Object.entries(asMap(dependsOn))
    .filter(([, dependency]) => {
      const condition = asText(asMap(dependency)['condition']);
      return condition !== null && condition !== 'service_started';
    })
    .map(([name]) => name);
}

/** `external: true`, or as it was written before: `external: { name: x }`. */
function isExternal(value: unknown): boolean {
  const { external } = asMap(value);
  return external !== undefined && external !== null && external !== false;
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

/** Of a list or a map. */
function sizeOf(value: unknown): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
