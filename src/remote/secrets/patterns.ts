import { spellingsOf } from './spellings.js';

/** A text in pieces, each with the ways in which it may be written. Matches where one follows the other, each in any of them. */
export type Pattern = readonly (readonly Buffer[])[];

/** In bytes. What is shorter would turn up everywhere. */
export const SHORTEST = 4;

/** Of a secret of several lines, such as a private key, each that is no shorter is a secret of its own. */
const SHORTEST_LINE = 8;

/** How long `base64`, and `openssl`, make a line. */
const LINE_LENGTHS = [76, 64] as const;
/** What is left of a wrapped base64 text in a shorter line gives nothing away. */
const SHORTEST_PIECE = 16;

/**
 * By what secrets give themselves away: as they are, or as URLs, JSON, HTML, shells, YAML and compose files write them; and as
 * base64, also inside a longer text that was encoded as a whole, such as `user:password`. Blanks around a secret, such as
 * the newline of a file, do not count, and each line of a longer secret counts by itself: programs indent them and cut
 * them off.
 */
export function secretPatterns(secrets: readonly string[]): readonly Pattern[] {
  const texts = new Set<string>();
  const encoded = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    const lines = secret.split(/\r?\n/).filter((line) => line.trim().length >= SHORTEST_LINE);
    for (const text of [secret, secret.trim(), ...lines.map((line) => line.trim())]) {
      if (text.length < SHORTEST) continue;
      texts.add(text);
      for (const form of base64Forms(Buffer.from(text))) encoded.add(form);
    }
  }
  const patterns = [...[...texts].map(patternOf), ...[...encoded].map(base64Pattern)];
  return patterns.filter(isLongEnough);
}

/** Letters and digits are what no program escapes. */
function patternOf(text: string): Pattern {
  const pieces = text.match(/[A-Za-z0-9]+|[^A-Za-z0-9]/gu) ?? [];
  return pieces.map((piece) =>
    /^[A-Za-z0-9]/.test(piece) ? [Buffer.from(piece)] : spellingsOf(piece),
  );
}

/**
 * Three bytes make four characters, so the characters depend on where in the encoded text the secret begins: one form
 * for each remainder, of the characters that are made of the secret's bits alone, and the whole with its padding. Where
 * the whole is longer than a line, each of its lines is one, too: something may stand before them, such as a time.
 */
function base64Forms(secret: Buffer): readonly string[] {
  const whole = secret.toString('base64');
  const forms = [whole];
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + secret.length) * 8) / 6);
    forms.push(text.slice(from, to));
  }
  for (const length of LINE_LENGTHS) {
    if (whole.length <= length) continue;
    const lines = whole.match(new RegExp(`.{1,${length}}`, 'g')) ?? [];
    forms.push(...lines.filter((line) => line.length >= SHORTEST_PIECE));
  }
  return forms;
}

/** A line may end before any of its characters: where depends on what the secret was encoded with. */
const LINE_ENDS = ['', '\n', '\r\n', '\\n'] as const;
/** In URLs, and as some write JSON. Padding may be left out. */
const BASE64_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  '+': ['+', '-', '%2B', '%2b'],
  '/': ['/', '_', '%2F', '%2f', '\\/'],
  '=': ['=', '%3D', '%3d'],
};

function base64Pattern(form: string): Pattern {
  return Array.from(form, (character, index) => (index === 0 ? firstOf : laterOf)(character));
}

const firstOf = remembered((character) => base64Spellings(character));
const laterOf = remembered((character) => [
  ...base64Spellings(character).flatMap((spelling) =>
    LINE_ENDS.map((end) => Buffer.concat([Buffer.from(end), spelling])),
  ),
  ...(character === '=' ? [Buffer.alloc(0)] : []),
]);

function base64Spellings(character: string): readonly Buffer[] {
  return (BASE64_SPELLINGS[character] ?? [character]).map((spelling) => Buffer.from(spelling));
}

/** There are 65 characters, and a private key has thousands of them. */
function remembered<T>(make: (character: string) => T): (character: string) => T {
  const known = new Map<string, T>();
  return (character) => {
    let value = known.get(character);
    if (value === undefined) known.set(character, (value = make(character)));
    return value;
  };
}

/** Whether all that it matches is long enough. */
function isLongEnough(pattern: Pattern): boolean {
  let shortest = 0;
  for (const spellings of pattern) {
    shortest += Math.min(...spellings.map(({ length }) => length));
    if (shortest >= SHORTEST) return true;
  }
  return false;
}
