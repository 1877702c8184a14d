import { readFile } from 'node:fs/promises';

/** A JSON object of a file that anybody may have written. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What a file holds; `null` where it is missing, torn, or no JSON object. */
export async function readJsonObject(file: string): Promise<JsonObject | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    // Missing, a folder, forbidden: whoever lists results wants to see the others.
    return null;
  }
  return parseJsonObject(text);
}

export function parseJsonObject(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null;
}

/** The objects of a list; of anything else none. */
export function asObjects(value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.map(asObject).filter((each) => each !== null);
}

export function asString(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The strings of a list; of anything else none. */
export function asStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
