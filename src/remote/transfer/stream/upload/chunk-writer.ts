import { type TarHeader, headerLength, padded, writeHeader } from './tar-header.js';

/** The size of what is given to the network at a time. */
export const CHUNK = 1024 * 1024;
/** What GNU tar reads at a time: a stream that ends within one is read to its end by every tar. */
const RECORD = 10_240;

/** Gathers the entries of a tar stream in large chunks: one write for each of 20,000 files would cost more than reading them. */
export class ChunkWriter {
  #chunk = Buffer.allocUnsafeSlow(CHUNK);
  #length = 0;
  #passed = 0;

  /** How many bytes wait to be taken. */
  get waiting(): number {
    return this.#length;
  }

  /** What is free in the chunk after the header and before the padding of an entry, for whoever reads into it directly. */
  roomFor(header: TarHeader): Buffer {
    const begin = this.#length + headerLength(header);
    return this.#chunk.subarray(begin, Math.max(begin, CHUNK - 512));
  }

  /** Adds an entry whose content was read into `roomFor` it. */
  addRead(header: TarHeader): void {
    this.addHeader(header);
    this.#length += header.size;
    this.#pad(header.size);
  }

  addHeader(header: TarHeader): void {
    writeHeader(this.#chunk, this.#length, header);
    this.#length += headerLength(header);
  }

  /** Adds a whole entry of any size. */
  *add(
    header: TarHeader,
    content: Buffer,
    onBytes: (count: number) => void = () => undefined,
  ): Generator<Buffer, void, undefined> {
    if (CHUNK - this.#length < headerLength(header)) yield* this.take();
    this.addHeader(header);
    for (let done = 0; done < content.length;) {
      if (this.#length === CHUNK) yield* this.take();
      const count = content.copy(this.#chunk, this.#length, done);
      this.#length += count;
      done += count;
      onBytes(count);
    }
    if (CHUNK - this.#length < 512) yield* this.take();
    this.#pad(content.length);
  }

  /** Hands over what is there, whose buffer is not touched again. */
  *take(): Generator<Buffer, void, undefined> {
    if (this.#length === 0) return;
    const chunk = this.#chunk.subarray(0, this.#length);
    this.#passed += this.#length;
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK);
    this.#length = 0;
    yield chunk;
  }

  /** The mark of the end, and what is there before it. */
  *end(): Generator<Buffer, void, undefined> {
    yield* this.take();
    const end = Math.ceil((this.#passed + 1024) / RECORD) * RECORD;
    yield Buffer.alloc(end - this.#passed);
  }

  #pad(size: number): void {
    const end = this.#length + padded(size) - size;
    this.#chunk.fill(0, this.#length, end);
    this.#length = end;
  }
}
