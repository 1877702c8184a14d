/** What is shorter would turn up everywhere. */
const SHORTEST = 4;

/** Of a secret of several lines, such as a private key, each that is no shorter is a secret of its own. */
const SHORTEST_LINE = 8;

/**
 * The byte strings by which secrets give themselves away: as they are, as base64 (also inside a longer text that was
 * encoded as a whole, such as `user:password`), percent-encoded, escaped in JSON, quoted for a shell, in YAML, or with the
 * `$$` of compose files. Each line of a longer secret counts by itself: programs indent them and cut them off.
 */
export function secretForms(secrets: readonly string[]): readonly Buffer[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    const lines = secret.split(/\r?\n/).filter((line) => line.trim().length >= SHORTEST_LINE);
    for (const form of [secret, ...lines.map((line) => line.trim())].flatMap(formsOf)) {
      if (form.length >= SHORTEST) forms.add(form);
    }
  }
  return [...forms].map((form) => Buffer.from(form));
}

function formsOf(secret: string): readonly string[] {
  const percent = percentEncoded(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...quotedForms(secret),
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ '': secret }).toString().slice(1),
    ...base64Forms(Buffer.from(secret)),
  ];
}

/** As shells write it: in single quotes, in double ones, and without; YAML in single quotes, and compose. */
function quotedForms(secret: string): readonly string[] {
  return [
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replaceAll(/["$`\\]/g, '\\$&'),
    secret.replaceAll(/[^A-Za-z0-9_.,:/@%+=-]/g, '\\$&'),
    secret.replaceAll("'", "''"),
    secret.replaceAll('$', '$$$$'),
  ];
}

function percentEncoded(text: string): string {
  // Through bytes, because `encodeURIComponent` throws where a text is no valid UTF-16.
  return encodeURIComponent(Buffer.from(text).toString());
}

/**
 * Three bytes make four characters, so the characters depend on where in the encoded text the secret begins: one form
 * for each remainder, of the characters that are made of the secret's bits alone, and the whole with its padding.
 */
function base64Forms(secret: Buffer): readonly string[] {
  const forms = [secret.toString('base64')];
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + secret.length) * 8) / 6);
    forms.push(encoded.slice(from, to));
  }
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
