/** A path of `result_paths` that names files: where to look, and what to take. */
export interface FilePattern {
  /** The folder where the search begins: absolute, or relative to the working folder, then `.` for itself. */
  readonly base: string;
  /** How many levels below the base a match can lie; `null`: any number. */
  readonly depth: number | null;
  /** There is no wildcard in it. */
  readonly isLiteral: boolean;
  /** Whether a path, relative to the base, matches. */
  readonly matches: (path: string) => boolean;
}

/**
 * Understands a path that may be a glob: `*` and `?` stay in one folder, `**` spans any number of them, `[abc]`,
 * `[a-z]` and `[!a]` stand for one character. As in a shell, no wildcard matches a leading dot, and a file whose name
 * is the pattern itself is always one of the matches.
 *
 * @param path Normalized: without empty, `.` and `..` parts.
 */
export function parseFilePattern(path: string): FilePattern {
  const parts = path.split('/').filter((part) => part !== '');
  const firstSpecial = parts.findIndex((part) => /[*?[]/.test(part));
  // A literal file is looked for in its folder.
  const split = firstSpecial === -1 ? parts.length - 1 : firstSpecial;
  const pattern = parts.slice(split);
  const literal = pattern.join('/');
  const expression = new RegExp(`^${pattern.map(translatePart).join('')}$`, 'su');
  const root = path.startsWith('/') ? '/' : '';
  return {
    base: root + parts.slice(0, split).join('/') || '.',
    depth: pattern.includes('**') ? null : pattern.length,
    isLiteral: firstSpecial === -1,
    matches: (candidate) => candidate === literal || expression.test(candidate),
  };
}

const ANY_FOLDERS = '(?:(?!\\.)[^/]+/)*';

function translatePart(part: string, index: number, parts: readonly string[]): string {
  const isLast = index === parts.length - 1;
  if (part === '**') return isLast ? `${ANY_FOLDERS}(?!\\.)[^/]+` : ANY_FOLDERS;
  const isDotFree = /^[*?[]/.test(part) ? '(?!\\.)' : '';
  return isDotFree + translateCharacters(part) + (isLast ? '' : '/');
}

function translateCharacters(part: string): string {
  return part.replace(/\*+|\?|\[[!^]?\]?[^\]]*\]|[^*?[]+|\[/g, (token) => {
    if (token.startsWith('*')) return '[^/]*';
    if (token === '?') return '[^/]';
    return token.startsWith('[') && token.length > 2 ? translateClass(token) : escape(token);
  });
}

/** `[!a-z]` as a class of a regular expression; a range that runs backwards is taken for what it is, as text. */
function translateClass(token: string): string {
  const isNegated = /^\[[!^]/.test(token);
  const members = token.slice(isNegated ? 2 : 1, -1).replace(/[\\\]^[&~|{}()]/g, '\\$&');
  const expression = isNegated ? `(?!/)[^${members}]` : `[${members}]`;
  try {
    new RegExp(expression, 'u');
    return expression;
  } catch {
    return escape(token);
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
