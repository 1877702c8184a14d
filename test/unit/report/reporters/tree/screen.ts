import { Writable } from 'node:stream';

/** A terminal that knows what a person would see: just the few escape sequences that the live display uses. */
export class Screen extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  isCursorVisible = true;
  /** How often something was written. */
  writes = 0;
  /** Everything that was written. */
  raw = '';
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  /** All lines with what has scrolled away, without blanks at the end. */
  get text(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** What is on the screen now. */
  get visible(): string[] {
    return this.#lines.slice(-this.rows).map((line) => line.trimEnd());
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.writes += 1;
    this.raw += chunk;
    // eslint-disable-next-line no-control-regex
    for (const token of chunk.match(/\u001b\[\??\d*[A-Za-z]|[\s\S]/gu) ?? []) this.#apply(token);
    done();
  }

  #apply(token: string): void {
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#newLine();
    else if (token === '\u001b[?25l') this.isCursorVisible = false;
    else if (token === '\u001b[?25h') this.isCursorVisible = true;
    else if (token === '\u001b[K') this.#setLine(this.#line().slice(0, this.#column));
    else if (token === '\u001b[J') {
      const isTop = this.#row <= Math.max(0, this.#lines.length - this.rows);
      // tmux takes it for a new screen, and keeps the old one among what has scrolled away.
      if (isTop && this.#column === 0) throw new Error('the whole screen is cleared at once');
      this.#setLine(this.#line().slice(0, this.#column));
      this.#lines.length = this.#row + 1;
    } else if (token.endsWith('A')) {
      const top = Math.max(0, this.#lines.length - this.rows);
      this.#row = Math.max(top, this.#row - Number(token.slice(2, -1)));
    } else if (token.startsWith('\u001b')) {
      if (!token.endsWith('m')) throw new Error(`unexpected sequence ${JSON.stringify(token)}`);
    } else this.#put(token);
  }

  #put(character: string): void {
    if (this.#column >= this.columns) this.#newLine();
    const line = this.#line().padEnd(this.#column);
    this.#setLine(line.slice(0, this.#column) + character + line.slice(this.#column + 1));
    this.#column += 1;
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push('');
  }

  #line(): string {
    return this.#lines[this.#row] ?? '';
  }

  #setLine(line: string): void {
    this.#lines[this.#row] = line;
  }
}
