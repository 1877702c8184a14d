/** Hides known secrets in a text. */
export type Mask = (text: string) => string;

/**
 * A value as the text of a JSON file, secrets masked. They are looked for in every string before it is encoded: a
 * quote or a newline in a secret would make it unrecognizable afterwards.
 */
export function renderJson(value: unknown, mask: Mask): string {
  return `${JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? mask(each) : each), 2)}\n`;
}
