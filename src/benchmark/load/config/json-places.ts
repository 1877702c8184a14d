/** The top-level keys of a JSON object. */
export interface JsonKeys {
  /** Where each stands: `:3:5`. */
  readonly places: ReadonlyMap<string, string>;
  /** Those that come a second time. `JSON.parse` would silently take the last. */
  readonly repeated: readonly { readonly key: string; readonly place: string }[];
  /** How deeply lists and objects are nested; 1: none in the object. */
  readonly depth: number;
}

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/** @param json Valid JSON that holds an object. */
export function findKeys(json: string): JsonKeys {
  const places = new Map<string, string>();
  const repeated: { key: string; place: string }[] = [];
  let depth = 0;
  let deepest = 0;
  let text: { readonly value: string; readonly offset: number } | null = null;
  for (const { 0: token, index: offset } of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') depth += 1;
    deepest = Math.max(deepest, depth);
    if (token === '}' || token === ']') depth -= 1;
    if (token === ':' && depth === 1 && text) {
      const key = JSON.parse(text.value) as string;
      const place = formatPlace(json, text.offset);
      if (places.has(key)) repeated.push({ key, place });
      else places.set(key, place);
    }
    text = token.startsWith('"') ? { value: token, offset } : null;
  }
  return { places, repeated, depth: deepest };
}

/** How much of the text V8 quotes before and after the place of an error. */
const QUOTED = 10;

/**
 * Where `JSON.parse` stumbled. V8 gives the position for some errors and quotes the surroundings for others.
 *
 * @param message What it said.
 * @returns `:3:5`; empty where nobody can tell.
 */
export function findSyntaxError(text: string, message: string): string {
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position !== undefined) return formatPlace(text, Number(position));
  if (message.startsWith('Unexpected end')) return formatPlace(text, text.length);
  const [, before, quoted] = /, (\.\.\.)?"(.*)"(?:\.\.\.)? is not valid JSON$/s.exec(message) ?? [];
  if (quoted === undefined || text.indexOf(quoted) !== text.lastIndexOf(quoted)) return '';
  const within = before === undefined ? quoted.length - QUOTED : QUOTED;
  return within < 0 ? '' : formatPlace(text, text.indexOf(quoted) + within);
}

function formatPlace(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `:${line}:${offset - before.lastIndexOf('\n')}`;
}
