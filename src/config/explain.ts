import type { SourceLocation } from '../model/source.js';
import { BUILT_IN, ENV_SETTING, SETTING_KEYS } from './project/built-in.js';
import type { LayerName, Written } from './project/layers.js';
import type { ResolvedScenario } from './scenario/resolve.js';
import { looksSecret } from './value/secret.js';
import { locateEntry, toPlain, type PlainValue, type YamlNode } from './yaml/tree.js';

/** One effective value of a scenario, and where it was written. */
export interface ExplainedValue {
  /** `concurrent_deployment.deployment_timeout` */
  readonly key: string;
  /** As it is written; secrets are masked. */
  readonly value: unknown;
  readonly layer: LayerName;
  /** `null` for what is built in. */
  readonly file: string | null;
  readonly line: number | null;
}

const MASK = '***';

/** Keys of `metadata.yaml` that no other layer has. */
const OWN_KEYS = [
  'name',
  'description',
  'enabled',
  'estimated_duration',
  'tags',
  'resource_requirements',
  'deployment.node',
] as const;

/**
 * Every effective value of a scenario with its layer, file and line.
 *
 * @param key Only this key and what is below it.
 * @param mask Takes known secrets out of a text.
 */
export function explainScenario(
  scenario: ResolvedScenario,
  key: string | undefined,
  mask: (text: string) => string,
): readonly ExplainedValue[] {
  const values = [
    ...explainOwn(scenario, mask),
    ...explainSettings(scenario, mask),
    ...explainServices(scenario),
  ];
  return key === undefined
    ? values
    : values.filter((value) => value.key === key || value.key.startsWith(`${key}.`));
}

function explainOwn(scenario: ResolvedScenario, mask: (text: string) => string): ExplainedValue[] {
  const { metadata, folder, spec } = scenario;
  return OWN_KEYS.flatMap((key): ExplainedValue[] => {
    if (key === 'enabled' && folder.custom?.isEnabled !== undefined) {
      return [at(key, folder.custom.isEnabled, 'project', folder.custom.section.at('enabled'))];
    }
    const steps = key.split('.');
    let node: YamlNode | undefined = metadata?.map;
    let entry;
    for (const step of steps) {
      entry = node?.kind === 'map' ? node.entries.get(step) : undefined;
      node = entry?.value;
    }
    if (entry) return [at(key, show(key, entry.value, mask), 'scenario', locateEntry(entry))];
    if (key === 'enabled') return [builtIn(key, true)];
    if (key === 'description' && folder.custom?.description !== undefined) {
      return [at(key, spec?.description, 'project', folder.custom.section.at('description'))];
    }
    return [];
  });
}

function explainSettings(
  { settings }: ResolvedScenario,
  mask: (text: string) => string,
): ExplainedValue[] {
  const written = (key: string, { layer, entry }: Written) =>
    at(key, show(key, entry.value, mask), layer, locateEntry(entry));
  const values = SETTING_KEYS.flatMap((key): ExplainedValue[] => {
    const found = settings.find(key);
    if (found) return [written(key, found)];
    return BUILT_IN[key] === null ? [] : [builtIn(key, BUILT_IN[key])];
  });
  const env = [...settings.findEnv()].map(([name, found]) => {
    const explained = written(`${ENV_SETTING}.${name}`, found);
    const { value } = found.entry;
    // A variable is a text, however it is written.
    const isText = value.kind === 'scalar' && typeof explained.value !== 'string';
    return isText ? { ...explained, value: value.source } : explained;
  });
  return [...values, ...env];
}

/** What was made of the compose file and `deployment.services`. */
function explainServices({ spec }: ResolvedScenario): ExplainedValue[] {
  return (spec?.services ?? []).flatMap(({ id, node, dependsOn, readiness, source }) => [
    at(`services.${id}.node`, node, 'scenario', source),
    at(
      `services.${id}.depends_on`,
      dependsOn.map(({ service, condition }) => `${service} (${condition})`),
      'scenario',
      source,
    ),
    at(`services.${id}.readiness`, readiness.type, 'scenario', source),
    at(`services.${id}.readiness_timeout`, readiness.timeoutMs / 1000, 'scenario', source),
  ]);
}

function at(key: string, value: unknown, layer: LayerName, place: SourceLocation): ExplainedValue {
  return { key, value, layer, file: place.file, line: place.line };
}

function builtIn(key: string, value: unknown): ExplainedValue {
  return { key, value, layer: 'built-in', file: null, line: null };
}

function show(key: string, node: YamlNode, mask: (text: string) => string): unknown {
  if (node.kind === 'scalar') {
    const name = key.slice(key.lastIndexOf('.') + 1);
    if (node.isSecret || looksSecret(name)) return MASK;
    if (node.unset) return `\${${node.unset.join('}, ${')}} is not set`;
  }
  return maskValue(toPlain(node), mask);
}

function maskValue(value: PlainValue, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, mask));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, maskValue(inner, mask)]),
    );
  }
  return value;
}
