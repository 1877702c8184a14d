import { suggest } from '../../value/nearest.js';
import type { Lookup } from '../../value/template.js';
import type { YamlMap } from '../../yaml/tree.js';
import { baseOf, resolveInside, type ComposeContext } from '../context.js';
import { EXTENDS_KEYS } from '../keys.js';
import type { ComposeFile } from '../model.js';
import { checkKeys, fail, readMap, readText, valueOf, type Placed } from '../reader.js';
import { readComposeFile } from './file.js';
import { mergeService } from './merge.js';

/**
 * Resolves `extends` for all services of a file: what a service says itself is merged over what it extends, which may
 * extend something else in turn.
 *
 * @returns The services without `extends`. One that cannot be resolved stays as it is written; why is reported.
 */
export async function applyExtends(
  context: ComposeContext,
  file: ComposeFile,
  lookup: Lookup,
): Promise<ReadonlyMap<string, YamlMap>> {
  const resolver: Resolver = { context, lookup, done: new Map(), underWay: new Map() };
  const resolved = new Map<string, YamlMap>();
  for (const [name, { map }] of file.services) {
    resolved.set(name, await extendService(resolver, file, name, map));
  }
  return resolved;
}

interface Resolver {
  readonly context: ComposeContext;
  readonly lookup: Lookup;
  /** Resolved services, by file and name. */
  readonly done: Map<string, YamlMap>;
  /** Names of the services that wait for each other, by file and name, the outermost first. */
  readonly underWay: Map<string, string>;
}

async function extendService(
  resolver: Resolver,
  file: ComposeFile,
  name: string,
  map: YamlMap,
): Promise<YamlMap> {
  const identity = `${file.root.file.path} ${name}`;
  const done = resolver.done.get(identity);
  if (done) return done;
  const value = valueOf({ node: map, path: ['services', name] }, 'extends');
  if (!value) return map;
  const own: YamlMap = {
    ...map,
    entries: new Map([...map.entries].filter(([key]) => key !== 'extends')),
  };

  const target = await findBase(resolver, file, value);
  if (!target) return own;
  if (resolver.underWay.has(identity)) {
    const links = [...resolver.underWay];
    const circle = links.slice(links.findIndex(([link]) => link === identity));
    const names = [...circle.map(([, link]) => link), name];
    fail(
      resolver.context.report,
      value,
      `\`extends\` goes round in a circle: ${names.join(' → ')}`,
    );
    return own;
  }
  resolver.underWay.set(identity, name);
  const base = await extendService(resolver, target.file, target.name, target.map);
  resolver.underWay.delete(identity);
  const merged = mergeService(base, own);
  resolver.done.set(identity, merged);
  return merged;
}

/** The file and service that an `extends` names. */
async function findBase(
  { context, lookup }: Resolver,
  file: ComposeFile,
  value: Placed,
): Promise<{ file: ComposeFile; name: string; map: YamlMap } | undefined> {
  const { report } = context;
  const wanted = readReference(context, value);
  if (!wanted) return undefined;

  let target: ComposeFile | undefined = file;
  if (wanted.file) {
    const written = readText(report, wanted.file);
    if (written === undefined) return undefined;
    const path = resolveInside(context, wanted.file, written, baseOf(context, value.node.file));
    if (path === undefined) return undefined;
    if (path !== value.node.file.path) {
      target = await readComposeFile(context, path, lookup, wanted.file);
    }
  }
  if (!target) return undefined;
  const service = target.services.get(wanted.name);
  if (!service) {
    const where = wanted.file ? ` in ${target.root.file.name}` : '';
    fail(
      report,
      value,
      `extends \`${wanted.name}\`, which is no service${where}`,
      suggest(wanted.name, target.services.keys(), 'services there'),
    );
    return undefined;
  }
  return { file: target, name: wanted.name, map: service.map };
}

function readReference(
  context: ComposeContext,
  value: Placed,
): { name: string; file: Placed | undefined } | undefined {
  const { report } = context;
  if (value.node.kind === 'scalar') {
    const name = readText(report, value);
    return name === undefined ? undefined : { name, file: undefined };
  }
  const map = readMap(report, value);
  if (!map) return undefined;
  checkKeys(report, map, EXTENDS_KEYS);
  const service = valueOf(map, 'service');
  if (!service) {
    fail(report, value, '`service` is missing: the service to extend');
    return undefined;
  }
  const name = readText(report, service);
  return name === undefined ? undefined : { name, file: valueOf(map, 'file') };
}
