import { locateNode, renderPath, type YamlMap, type YamlNode } from '../yaml/tree.js';
import type { ImpliedDependency } from './model.js';
import { valueOf, type Placed } from './reader.js';

const NAMESPACES = ['network_mode', 'ipc', 'pid'];
const OTHER_SERVICE = 'service:';
const OTHER_CONTAINER = 'container:';

/**
 * The services whose containers a service uses, in the ways that make compose start those first: their namespaces, `links`,
 * `volumes_from`. A list, or a text, that is wrong is for compose to refuse.
 */
export function readImpliedDependencies(service: Placed<YamlMap>): readonly ImpliedDependency[] {
  const namespaces = NAMESPACES.flatMap((key) =>
    read(service, key, (text) =>
      text.startsWith(OTHER_SERVICE) ? text.slice(OTHER_SERVICE.length) : null,
    ),
  );
  // `SERVICE:ALIAS`, `SERVICE:ro`.
  const nameOf = (text: string) => text.split(':')[0] ?? null;
  const links = read(service, 'links', nameOf);
  const volumes = read(service, 'volumes_from', (text) =>
    text.startsWith(OTHER_CONTAINER) ? null : nameOf(text),
  );
  return [...namespaces, ...links, ...volumes];
}

function read(
  service: Placed<YamlMap>,
  key: string,
  nameIn: (text: string) => string | null,
): readonly ImpliedDependency[] {
  const value = valueOf(service, key);
  if (!value) return [];
  const { node, path } = value;
  const items: readonly Placed[] =
    node.kind === 'sequence'
      ? node.items.map((item, index) => ({ node: item, path: [...path, index] }))
      : [value];
  return items.flatMap((item): ImpliedDependency[] => {
    const text = textOf(item.node);
    const name = text === null ? null : nameIn(text);
    if (name === null || name === '') return [];
    return [{ service: name, key, at: locateNode(item.node), path: renderPath(item.path) }];
  });
}

/** `null`: no text, or one that depends on variables that are not set here. */
function textOf(node: YamlNode): string | null {
  return node.kind === 'scalar' && typeof node.value === 'string' && !node.isIncomplete
    ? node.value
    : null;
}
