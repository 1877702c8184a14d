/** How many pieces are kept before they are joined, so that a million one-byte writes stay small. */
const MANY_PIECES = 512;

/** Keeps the newest bytes of a stream. */
export class TailBuffer {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#pieces.push(chunk);
    this.#size += chunk.length;
    if (this.#size > 2 * this.#limit || this.#pieces.length > MANY_PIECES) this.#compact();
  }

  content(): Buffer {
    this.#compact();
    return this.#pieces[0] ?? Buffer.alloc(0);
  }

  #compact(): void {
    const joined = Buffer.concat(this.#pieces, this.#size);
    // Copied, so that the dropped part is let go of.
    const kept = Buffer.from(joined.subarray(Math.max(0, joined.length - this.#limit)));
    this.#pieces = [kept];
    this.#size = kept.length;
  }
}
