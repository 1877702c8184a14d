import { Transform } from 'node:stream';

import { createMasker } from './masking.js';
import { secretForms } from './secret-forms.js';

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
 * @param secrets Masked as they are and as base64, in a URL or in JSON. Shorter than 4 characters: ignored, since they
 *   would mask half of every text.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = secretForms(secrets);

  const bytes = (value: Buffer): Buffer => {
    const masker = createMasker(forms);
    return Buffer.concat([...masker.push(value), ...masker.end()]);
  };
  return {
    bytes,
    text(value) {
      const raw = Buffer.from(value);
      // The rare text with a secret pays; the others keep even what is no valid UTF-16.
      return forms.some((form) => raw.includes(form)) ? bytes(raw).toString() : value;
    },
    stream() {
      const masker = createMasker(forms);
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
