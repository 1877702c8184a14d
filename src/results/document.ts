/** Hides known secrets in a text. */
export type Mask = (text: string) => string;

/**
 * What programs find things by and read back: names that are checked where they are read, places, fingerprints, times,
 * and words of this program's own. A common word as a password must not make another name of them. All else is text
 * that anybody may have put a secret into.
 */
const NAMES: ReadonlySet<string> = new Set([
  ...['run', 'resumed_from', 'kept_from', 'scenario', 'name', 'node', 'nodes', 'service'],
  ...['batches', 'depends_on', 'path', 'results_path', 'log', 'sha256', 'sealed', 'commit'],
  ...['at', 'started_at', 'ended_at', 'type', 'kind', 'status', 'phase', 'point', 'signal'],
  ...['strategy', 'stream', 'on_error', 'condition'],
]);

/** What is in these was named by the user, or by a machine: there `name` and `path` are keys like any other. */
const NAMED_BY_OTHERS: ReadonlySet<string> = new Set([
  ...['env', 'labels', 'test_config', 'hooks', 'process', 'facts', 'images', 'foreign'],
]);

/**
 * A value as the text of a JSON file, secrets masked. They are looked for in every text before it is encoded: a quote or
 * a newline in a secret would make it unrecognizable afterwards.
 */
export function renderJson(value: unknown, mask: Mask): string {
  return `${JSON.stringify(maskStrings(value, mask), null, 2)}\n`;
}

/**
 * A copy of plain data in the shape of files and events, secrets masked in every text of it, and names as they are. To be
 * used before it is rendered: escapes make secrets unrecognizable, and numbers are no secrets.
 */
export function maskStrings<T>(value: T, mask: Mask): T {
  return maskValue(value, '', false, mask) as T;
}

/** @param key What it is, or what it is a list of. */
function maskValue(value: unknown, key: string, isOfOthers: boolean, mask: Mask): unknown {
  if (typeof value === 'string') return NAMES.has(key) && !isOfOthers ? value : mask(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => maskValue(each, key, isOfOthers, mask));
  const isInside = isOfOthers || NAMED_BY_OTHERS.has(key);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, maskValue(each, name, isInside, mask)]),
  );
}
