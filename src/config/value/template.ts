/** The value of a variable; `undefined` where it is not set. */
export type Lookup = (name: string) => string | undefined;

/**
 * Which text is special.
 *
 * - `project`: in the project's own files, only `${NAME}` and `${NAME:-default}`. Everything else is literal, so that a
 *   password such as `P@$$w0rd` needs no escaping.
 * - `compose`: as docker compose has it: also `$NAME`, the operators `:-` `-` `:?` `?` `:+` `+`, and `$$` for a `$`.
 */
export type Dialect = 'project' | 'compose';

export interface Expansion {
  readonly text: string;
  /** Variables that were asked for, are not set and have no default, in order. */
  readonly unset: readonly string[];
  /** What is wrong with the text, or what its `:?` says. The first of them. */
  readonly error: string | null;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;
const MAX_DEPTH = 20;

/** Puts values in place of variables. */
export function expand(text: string, lookup: Lookup, dialect: Dialect): Expansion {
  if (!text.includes('$')) return { text, unset: [], error: null };
  const expander = new Expander(lookup, dialect);
  const expanded = expander.expand(text, 0);
  return { text: expanded, unset: expander.unset, error: expander.error };
}

class Expander {
  readonly #lookup: Lookup;
  readonly #isCompose: boolean;
  readonly unset: string[] = [];
  error: string | null = null;

  constructor(lookup: Lookup, dialect: Dialect) {
    this.#lookup = lookup;
    this.#isCompose = dialect === 'compose';
  }

  expand(text: string, depth: number): string {
    let result = '';
    let at = 0;
    for (;;) {
      const dollar = text.indexOf('$', at);
      if (dollar === -1) return result + text.slice(at);
      result += text.slice(at, dollar);
      const next = text.charAt(dollar + 1);
      if (next === '{') {
        const end = findClosingBrace(text, dollar + 2);
        const inside = end === -1 ? text.slice(dollar + 2) : text.slice(dollar + 2, end);
        const written = end === -1 ? text.slice(dollar) : text.slice(dollar, end + 1);
        const value = end === -1 ? undefined : this.#expandBraced(inside, depth);
        result += value ?? this.#keep(written);
        at = dollar + written.length;
      } else if (this.#isCompose && next === '$') {
        result += '$';
        at = dollar + 2;
      } else {
        const name = this.#isCompose ? matchAt(NAME, text, dollar + 1) : undefined;
        result += name === undefined ? '$' : this.#value(name);
        at = dollar + 1 + (name?.length ?? 0);
      }
    }
  }

  /** The inside of `${…}`; `undefined` where it is none. */
  #expandBraced(inside: string, depth: number): string | undefined {
    const name = matchAt(NAME, inside, 0);
    if (name === undefined) return undefined;
    if (name.length === inside.length) return this.#value(name);
    const operator = matchAt(OPERATOR, inside, name.length);
    if (operator === undefined || (!this.#isCompose && operator !== ':-')) return undefined;
    if (depth >= MAX_DEPTH) {
      if (!this.#isCompose) return undefined;
      this.error ??= `variables are nested more than ${MAX_DEPTH} levels deep`;
      return '';
    }
    const argument = inside.slice(name.length + operator.length);
    const value = this.#lookup(name);
    const isThere = operator.startsWith(':')
      ? value !== undefined && value !== ''
      : value !== undefined;
    switch (operator.slice(-1)) {
      case '-':
        return isThere ? value : this.expand(argument, depth + 1);
      case '+':
        return isThere ? this.expand(argument, depth + 1) : '';
      default:
        if (isThere) return value;
        this.error ??= `the variable ${name} is required: ${this.expand(argument, depth + 1) || 'it is not set'}`;
        return '';
    }
  }

  #value(name: string): string {
    const value = this.#lookup(name);
    if (value !== undefined) return value;
    if (!this.unset.includes(name)) this.unset.push(name);
    return '';
  }

  /** Text that looks like a variable and is none: literal here, a mistake for compose. */
  #keep(written: string): string {
    if (this.#isCompose) {
      const shown = written.length > 40 ? `${written.slice(0, 37)}…` : written;
      this.error ??= `\`${shown}\` is no valid variable; a literal \`$\` is written \`$$\``;
    }
    return written;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The brace that closes the one before `from`, over nested `${…}`; -1 where there is none. */
function findClosingBrace(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === '}') {
      if (--open === 0) return at;
    } else if (text.startsWith('${', at)) {
      open++;
      at++;
    }
  }
  return -1;
}
