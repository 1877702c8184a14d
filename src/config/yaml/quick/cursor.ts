/** Thrown where the complete parser has to read the file. */
export class GaveUp extends Error {}
export const gaveUp = new GaveUp();

const SPACE = 32;
const NEWLINE = 10;
const HASH = 35;
const PERCENT = 37;
const DASH = 45;

/** Where one pass over one text is: always at the next character that matters. */
export class Cursor {
  readonly text: string;
  at = 0;
  /** The column of `at` when it is at the first character of a line's content; -1 at the end of the text. */
  indent = 0;

  constructor(text: string) {
    this.text = text;
  }

  get character(): string {
    return this.text.charAt(this.at);
  }

  isAtSpace(): boolean {
    return this.text.charCodeAt(this.at) === SPACE;
  }

  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  /** The dash of an item of a list. */
  isAtDash(): boolean {
    if (this.text.charCodeAt(this.at) !== DASH) return false;
    const next = this.text.charCodeAt(this.at + 1);
    return next === SPACE || next === NEWLINE || Number.isNaN(next);
  }

  skipSpaces(): void {
    while (this.text.charCodeAt(this.at) === SPACE) this.at++;
  }

  /** Goes to the first character of the next line with content, from an end of line or the start of the text. */
  toContent(): void {
    const text = this.text;
    let at = this.at === 0 ? 0 : this.at + 1;
    for (;;) {
      const lineStart = at;
      while (text.charCodeAt(at) === SPACE) at++;
      if (at >= text.length) {
        this.at = text.length;
        this.indent = -1;
        return;
      }
      const code = text.charCodeAt(at);
      if (code === HASH) {
        const end = text.indexOf('\n', at);
        at = end === -1 ? text.length : end + 1;
      } else if (code === NEWLINE) {
        at++;
      } else {
        this.at = at;
        this.indent = at - lineStart;
        if (this.indent === 0 && (code === PERCENT || this.isAtMarker())) throw gaveUp;
        return;
      }
    }
  }

  /** Goes to the end of the line if only spaces and a comment are left of it. */
  endLine(): boolean {
    const { text } = this;
    let at = this.at;
    while (text.charCodeAt(at) === SPACE) at++;
    if (at < text.length && text.charCodeAt(at) !== NEWLINE) {
      if (text.charCodeAt(at) !== HASH || at === this.at) return false;
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    }
    this.at = at;
    return true;
  }

  /** Within `[…]` or `{…}`, whose lines have to be beyond the column of the parent. */
  skipFlowSpace(parent: number): void {
    const { text } = this;
    for (;;) {
      this.skipSpaces();
      if (text.charCodeAt(this.at) !== NEWLINE) return;
      this.at++;
      const lineStart = this.at;
      this.skipSpaces();
      const isBlank = text.charCodeAt(this.at) === NEWLINE;
      if (!isBlank && this.at - lineStart <= parent) throw gaveUp;
      if (this.at === lineStart && this.isAtMarker()) throw gaveUp;
    }
  }

  private isAtMarker(): boolean {
    return this.text.startsWith('---', this.at) || this.text.startsWith('...', this.at);
  }
}
