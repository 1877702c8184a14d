/** Where and why a text is no JSON. */
export interface JsonProblem {
  readonly offset: number;
  readonly message: string;
}

type Expected = 'value' | 'first item' | 'key' | 'first key' | 'colon' | 'separator' | 'end';

const SPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Finds the first mistake of a text that `JSON.parse` refused: Node tells no position for some of them, and for others
 * only within the words of its message.
 */
export function findJsonProblem(text: string): JsonProblem {
  const closers: string[] = [];
  let expected: Expected = 'value';
  let at = 0;

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at += match[0].length;
    return match !== null;
  };
  const afterValue = (): Expected => (closers.length > 0 ? 'separator' : 'end');
  const close = (): Expected => {
    closers.pop();
    at++;
    return afterValue();
  };

  for (;;) {
    take(SPACE);
    const next = text.charAt(at);
    const isClosing = next !== '' && next === closers.at(-1);
    switch (expected) {
      case 'first item':
      case 'value':
        if (expected === 'first item' && isClosing) {
          expected = close();
        } else if (next === '{' || next === '[') {
          at++;
          closers.push(next === '{' ? '}' : ']');
          expected = next === '{' ? 'first key' : 'first item';
        } else if (take(STRING) || take(SCALAR)) {
          expected = afterValue();
        } else {
          return { offset: at, message: explain(next, isClosing, 'a value') };
        }
        break;
      case 'first key':
      case 'key':
        if (expected === 'first key' && isClosing) expected = close();
        else if (take(STRING)) expected = 'colon';
        else return { offset: at, message: explain(next, isClosing, 'a key in double quotes') };
        break;
      case 'colon':
        if (next !== ':') return { offset: at, message: explain(next, false, '`:`') };
        at++;
        expected = 'value';
        break;
      case 'separator':
        if (isClosing) {
          expected = close();
        } else if (next === ',') {
          at++;
          expected = closers.at(-1) === '}' ? 'key' : 'value';
        } else {
          const closer = closers.at(-1) ?? '';
          return { offset: at, message: explain(next, false, `\`,\` or \`${closer}\``) };
        }
        break;
      case 'end':
        return { offset: at, message: explain(next, false, 'the end of the file') };
    }
  }
}

function explain(found: string, isClosing: boolean, expected: string): string {
  if (found === '') return `is not valid JSON: it ends where ${expected} is expected`;
  if (isClosing) return `is not valid JSON: the comma before \`${found}\` is one too many`;
  if (found === '/' || found === '#') return 'is not valid JSON: JSON knows no comments';
  if (found === "'") return 'is not valid JSON: JSON takes double quotes only';
  return `is not valid JSON: ${expected} is expected here`;
}
