import { expand, type Dialect, type Lookup } from '../value/template.js';

export interface DotenvProblem {
  /** Offset in the text. */
  readonly offset: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

export interface Dotenv {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly DotenvProblem[];
}

const BLANK = /[\s\u00a0]*(?:#[^\n]*)?(?:\n|$)/y;
const KEY =
  /[ \t]*(?:export[ \t]+)?([\p{L}_][\p{L}\p{N}_.\-[\]]*)[ \t]*(=|:|(?=\r?(?:\n|$)))[ \t]*/uy;
const QUOTED = /"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|'([^'\\]*(?:\\[\s\S][^'\\]*)*)'/y;
const AFTER_QUOTED = /[ \t\r]*(?:#[^\n]*)?(?:\n|$)/y;
const LINE = /([^\n]*)(?:\n|$)/y;
const ESCAPE = /\\([abfnrtv"\\$]|0[0-7]{1,3})/g;
const ESCAPED: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
};

/**
 * Reads a `.env` file by the rules of docker compose: `KEY=value` with or without `export`; unquoted values end at the
 * line or at ` #`; double-quoted ones may go over lines and know escapes; single-quoted ones are literal; variables are
 * put in everywhere but there, from `lookup` first and then from the lines before. A key alone takes its value from
 * `lookup`.
 *
 * @param dialect What counts as a variable in a value.
 */
export function parseDotenv(text: string, lookup: Lookup, dialect: Dialect): Dotenv {
  const values = new Map<string, string>();
  const problems: DotenvProblem[] = [];
  const expandValue = (value: string, offset: number): string => {
    const expansion = expand(value, (name) => lookup(name) ?? values.get(name), dialect);
    if (expansion.error !== null) {
      problems.push({ offset, severity: 'error', message: expansion.error, hint: '' });
    }
    for (const name of expansion.unset) {
      problems.push({
        offset,
        severity: 'warning',
        message: `the variable ${name} is not set and counts as empty`,
        hint: `set it, or write \${${name}:-}`,
      });
    }
    return expansion.text;
  };

  let at = 0;
  while (at < text.length) {
    const blank = matchAt(BLANK, text, at);
    if (blank) {
      at += blank[0].length || 1;
      continue;
    }
    const key = matchAt(KEY, text, at);
    if (!key) {
      const line = matchAt(LINE, text, at);
      problems.push({
        offset: at,
        severity: 'error',
        message: 'is no line of the form KEY=value',
        hint: 'a name has letters, digits, `_`, `.` and `-`, and no space before the `=`',
      });
      at += line?.[0].length ?? 1;
      continue;
    }
    at += key[0].length;
    const name = key[1] ?? '';
    if (key[2] === '') {
      const inherited = lookup(name);
      if (inherited !== undefined) values.set(name, inherited);
      at += matchAt(LINE, text, at)?.[0].length ?? 1;
      continue;
    }
    const read = readValue(text, at);
    if (read.problem)
      problems.push({ offset: at, severity: 'error', hint: '', message: read.problem });
    values.set(name, read.isLiteral ? read.value : expandValue(read.value, at));
    at = read.end;
  }
  return { values, problems };
}

/** `env_file` with `format: raw`: lines of `KEY=value`, and nothing is special. */
export function parseRawEnv(text: string): Dotenv {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const separator = line.indexOf('=');
    if (separator > 0 && !line.trimStart().startsWith('#')) {
      values.set(line.slice(0, separator).trim(), line.slice(separator + 1));
    }
  }
  return { values, problems: [] };
}

interface Value {
  readonly value: string;
  readonly isLiteral: boolean;
  readonly end: number;
  readonly problem?: string;
}

function readValue(text: string, at: number): Value {
  const first = text.charAt(at);
  if (first === '"' || first === "'") {
    const quoted = matchAt(QUOTED, text, at);
    if (!quoted) {
      return {
        value: '',
        isLiteral: true,
        end: at + (matchAt(LINE, text, at)?.[0].length ?? 1),
        problem: `the quote ${first} is never closed`,
      };
    }
    const isLiteral = first === "'";
    const value = isLiteral ? (quoted[2] ?? '').replaceAll("\\'", "'") : unescape(quoted[1] ?? '');
    const end = at + quoted[0].length;
    const after = matchAt(AFTER_QUOTED, text, end);
    if (after) return { value, isLiteral, end: end + Math.max(after[0].length, 1) };
    return {
      value,
      isLiteral,
      end: end + (matchAt(LINE, text, end)?.[0].length ?? 1),
      problem: 'there is text after the closing quote',
    };
  }
  const line = matchAt(LINE, text, at);
  const written = line?.[1] ?? '';
  const comment = /(?:^|[ \t])#/.exec(written);
  const value = (comment ? written.slice(0, comment.index) : written).trimEnd();
  return { value, isLiteral: false, end: at + Math.max(line?.[0].length ?? 1, 1) };
}

function unescape(written: string): string {
  return written.replace(ESCAPE, (whole, escape: string) => {
    // `\$` is a dollar that starts no variable, which is what `$$` says to what comes next.
    if (escape === '$') return '$$';
    if (escape.startsWith('0')) return String.fromCharCode(Number.parseInt(escape, 8));
    return ESCAPED[escape] ?? whole;
  });
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
