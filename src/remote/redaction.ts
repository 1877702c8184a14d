import { PassThrough, Transform } from 'node:stream';

import { createMasker } from './secrets/masker.js';
import { type Pattern, secretPatterns } from './secrets/patterns.js';
import { createSearch } from './secrets/search.js';

/** Keeps known secrets out of everything that is shown or stored: each is replaced by `***`. */
export interface Redactor {
  readonly text: (value: string) => string;
  readonly bytes: (value: Buffer) => Buffer;
  /**
   * A stream that masks what goes through it, also a secret that is split over chunks. Holds back only what may be the
   * beginning of a secret.
   */
  readonly stream: () => Transform;
}

/**
 * @param secrets Masked as they are and as programs write them, see `secretPatterns`. Shorter than 4 characters: ignored, since they
 *   would mask half of every text.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  let redactor = redactors.get(secrets);
  if (!redactor) redactors.set(secrets, (redactor = redactorOf(secretPatterns(secrets))));
  return redactor;
}

/** A list that holds a private key takes a while to be understood, and every hook asks for the same. */
const redactors = new WeakMap<readonly string[], Redactor>();

function redactorOf(patterns: readonly Pattern[]): Redactor {
  if (patterns.length === 0) return MASKS_NOTHING;
  const search = createSearch(patterns);

  const bytes = (value: Buffer): Buffer => {
    const masker = createMasker(search);
    return Buffer.concat([...masker.push(value), ...masker.end()]);
  };
  return {
    bytes,
    text(value) {
      const raw = Buffer.from(value);
      // The rare text with a secret pays; the others keep even what is no valid UTF-16.
      return search(raw).matches.length > 0 ? bytes(raw).toString() : value;
    },
    stream() {
      const masker = createMasker(search);
      return new Transform({
        transform(chunk: Buffer, _encoding, done) {
          for (const piece of masker.push(chunk)) this.push(piece);
          done();
        },
        flush(done) {
          for (const piece of masker.end()) this.push(piece);
          done();
        },
      });
    },
  };
}

const MASKS_NOTHING: Redactor = {
  text: (value) => value,
  bytes: (value) => value,
  stream: () => new PassThrough(),
};
