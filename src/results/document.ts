/** Hides known secrets in a text. */
export type Mask = (text: string) => string;

/**
 * A value as the text of a JSON file, secrets masked. They are looked for in every string before it is encoded: a
 * quote or a newline in a secret would make it unrecognizable afterwards.
 */
export function renderJson(value: unknown, mask: Mask): string {
  return `${JSON.stringify(value, maskingStrings(mask), 2)}\n`;
}

/** A copy of plain data, secrets masked in every string of it: for what is rendered with escapes of its own. */
export function maskStrings<T>(value: T, mask: Mask): T {
  return JSON.parse(JSON.stringify(value, maskingStrings(mask))) as T;
}

function maskingStrings(mask: Mask) {
  return (_key: string, each: unknown) => (typeof each === 'string' ? mask(each) : each);
}
