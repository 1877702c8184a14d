/** What a shell says between the bytes of programs: one letter and its words. */
export interface Frame {
  readonly mark: string;
  readonly words: string;
}

/** A marker and its newline are never longer than this, token included. */
const LONGEST_FRAME = 4096;
const NEWLINE = 0x0a;

/** Takes the markers of a shell out of a stream, however it is cut into chunks, and leaves every other byte. */
export class FrameScanner {
  readonly #token: Buffer;
  readonly #onData: (data: Buffer) => void;
  readonly #onFrame: (frame: Frame) => void;
  /** What may be the beginning of a marker. */
  #held: Buffer = Buffer.alloc(0);

  constructor(token: string, onData: (data: Buffer) => void, onFrame: (frame: Frame) => void) {
    this.#token = Buffer.from(token);
    this.#onData = onData;
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const start = rest.indexOf(this.#token);
      if (start === -1) {
        const kept = this.#lengthOfBeginning(rest);
        this.#pass(rest.subarray(0, rest.length - kept));
        this.#held = Buffer.from(rest.subarray(rest.length - kept));
        return;
      }
      const from = start + this.#token.length;
      const end = rest.indexOf(NEWLINE, from);
      if (end === -1 && rest.length - start < LONGEST_FRAME) {
        this.#pass(rest.subarray(0, start));
        this.#held = Buffer.from(rest.subarray(start));
        return;
      }
      this.#pass(rest.subarray(0, start));
      const text = rest.toString('utf8', from, end === -1 ? rest.length : end);
      rest = rest.subarray(end === -1 ? rest.length : end + 1);
      this.#onFrame({ mark: text.charAt(0), words: text.slice(1).trim() });
    }
  }

  /** The rest, when the stream has ended. */
  flush(): void {
    this.#pass(this.#held);
    this.#held = Buffer.alloc(0);
  }

  #pass(data: Buffer): void {
    if (data.length > 0) this.#onData(data);
  }

  /** How many of the last bytes a token may begin with. */
  #lengthOfBeginning(bytes: Buffer): number {
    const token = this.#token;
    for (let length = Math.min(token.length - 1, bytes.length); length > 0; length -= 1) {
      if (bytes.subarray(bytes.length - length).equals(token.subarray(0, length))) return length;
    }
    return 0;
  }
}
