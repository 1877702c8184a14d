/**
 * How programs write one character. Which of them a program escapes is its own affair (what is safe in a URL depends on the
 * part of it and on the library), so every character is looked for by itself, in every spelling.
 */
export function spellingsOf(character: string): readonly Buffer[] {
  const bytes = [...Buffer.from(character)].map((byte) => byte.toString(16).padStart(2, '0'));
  const units = Array.from({ length: character.length }, (_, index) =>
    character.charCodeAt(index).toString(16).padStart(4, '0'),
  );
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const inHex = [
    // URLs, JSON, what Python and Go print, and HTML.
    bytes.map((byte) => `%${byte}`).join(''),
    units.map((unit) => `\\u${unit}`).join(''),
    // A log line in JSON that quotes another one.
    units.map((unit) => `\\\\u${unit}`).join(''),
    bytes.map((byte) => `\\x${byte}`).join(''),
    ...(code > 0x7f && code <= 0xff ? [`\\x${hex}`] : []),
    `&#x${hex};`,
  ];
  const spellings = [
    character,
    `\\${character}`,
    `&#${code};`,
    ...inHex,
    ...inHex.map((text) =>
      text.replaceAll(/(?<=[%ux])[0-9a-f]+/g, (digits) => digits.toUpperCase()),
    ),
    ...(OWN[character] ?? []),
    inJson(inJson(character)),
  ];
  return [...new Set(spellings)].map((spelling) => Buffer.from(spelling));
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What only one character is written as: `$` in compose files, quotes in YAML and CSV and between the words of a shell. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  ' ': ['+'],
  '\t': ['\\t'],
  '\n': ['\\n', '\r\n', '%0D%0A', '%0d%0a'],
  '\r': ['\\r'],
  '"': ['""', '&quot;'],
  $: ['$$'],
  '&': ['&amp;'],
  "'": ["''", `'\\''`, `'"'"'`, '&#039;', '&apos;'],
  '<': ['&lt;'],
  '>': ['&gt;'],
};
