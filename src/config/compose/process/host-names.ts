/**
 * Names of other services that a text uses as hosts, as programs in a container network may: `http://redis:6379`,
 * `redis:6379`. Outside of one nobody knows these names.
 */
export function findServiceHosts(
  texts: Iterable<string>,
  services: ReadonlySet<string>,
): readonly string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const [, afterSlashes, beforePort] of text.matchAll(HOST)) {
      const name = afterSlashes ?? beforePort ?? '';
      if (services.has(name)) found.add(name);
    }
  }
  return [...found];
}

const HOST =
  /(?:\/\/(?:[^/@\s]*@)?([A-Za-z0-9._-]+)(?=[:/?#,\s]|$))|(?:(?<=^|[@=,;\s])([A-Za-z0-9._-]+)(?=:\d))/g;
