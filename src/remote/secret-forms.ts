/** What is shorter would turn up everywhere. */
const SHORTEST = 4;

/**
 * The byte strings by which secrets give themselves away: as they are, as base64 (also inside a longer text that was
 * encoded as a whole, such as `user:password`), percent-encoded, and escaped in JSON.
 */
export function secretForms(secrets: readonly string[]): readonly Buffer[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    for (const form of formsOf(secret)) {
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
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ '': secret }).toString().slice(1),
    ...base64Forms(Buffer.from(secret)),
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
