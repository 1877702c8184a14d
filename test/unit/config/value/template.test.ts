import { describe, expect, it } from 'vitest';

import { expand } from '../../../../src/config/value/template.js';

const VARIABLES: Readonly<Record<string, string>> = {
  FOO: 'first',
  EMPTY: '',
  _x1: 'odd',
  a: '$FOO',
};
const lookup = (name: string) => VARIABLES[name];

describe('variables as compose has them', () => {
  it.each([
    ['no variable', 'no variable'],
    ['$FOO', 'first'],
    ['${FOO}', 'first'],
    ['$FOO-bar', 'first-bar'],
    ['x${FOO}y$_x1!', 'xfirstyodd!'],
    ['$${FOO} $$FOO $$', '${FOO} $FOO $'],
    ['P@$$w0rd', 'P@$w0rd'],
    ['a $ string', 'a $ string'],
    ['^REGEX$', '^REGEX$'],
    ['$}', '$}'],
    ['$1', '$1'],
    ['${NO:-def}', 'def'],
    ['${NO-def}', 'def'],
    ['${EMPTY:-def}', 'def'],
    ['${EMPTY-def}', ''],
    ['${FOO:-def}', 'first'],
    ['${NO:-}', ''],
    ['${NO:-/non:-alphanumeric}', '/non:-alphanumeric'],
    ['${NO:-${EMPTY:-${FOO}}}!', 'first!'],
    ['${NO-${FOO} ${FOO}}', 'first first'],
    ['${NO:+there}', ''],
    ['${NO+there}', ''],
    ['${EMPTY:+there}', ''],
    ['${EMPTY+there}', 'there'],
    ['${FOO:+there}', 'there'],
    ['${FOO+$FOO ${FOO:+second}}', 'first second'],
    ['${FOO:?why}', 'first'],
    ['${EMPTY?why}', ''],
    ['${NO-myerror?msg}', 'myerror?msg'],
    ['{"json": "${FOO}"}', '{"json": "first"}'],
    ['$a', '$FOO'],
  ])('%s becomes %s', (text, expected) => {
    expect(expand(text, lookup, 'compose')).toEqual({ text: expected, unset: [], error: null });
  });

  it('names the variables that are not set, each once, and leaves them empty', () => {
    expect(expand('$NO ${NO} ${NO2}', lookup, 'compose')).toEqual({
      text: '  ',
      unset: ['NO', 'NO2'],
      error: null,
    });
  });

  it.each([
    ['${NO:?say why}', 'the variable NO is required: say why'],
    ['${NO?why $FOO}', 'the variable NO is required: why first'],
    ['${EMPTY:?}', 'the variable EMPTY is required: it is not set'],
    ['${NO?bar-baz}', 'the variable NO is required: bar-baz'],
    ['${', '`${` is no valid variable; a literal `$` is written `$$`'],
    ['${}', '`${}` is no valid variable; a literal `$` is written `$$`'],
    ['${ FOO}', '`${ FOO}` is no valid variable; a literal `$` is written `$$`'],
    ['${FOO!}', '`${FOO!}` is no valid variable; a literal `$` is written `$$`'],
    ['${FOO/a/b}', '`${FOO/a/b}` is no valid variable; a literal `$` is written `$$`'],
  ])('%s is a mistake', (text, message) => {
    expect(expand(text, lookup, 'compose').error).toBe(message);
  });

  it('gives up on nesting that nobody writes, without using up the stack', () => {
    const text = '${NO:-'.repeat(50_000) + 'x' + '}'.repeat(50_000);
    expect(expand(text, lookup, 'compose').error).toMatch(/nested more than/);
    expect(expand(text, lookup, 'project').error).toBeNull();
  });
});

describe("variables in the project's own files", () => {
  it.each([
    ['${FOO}', 'first'],
    ['${NO:-def}', 'def'],
    ['${EMPTY:-def}', 'def'],
    ['${NO:-${FOO}}', 'first'],
    ['${NO:-a}${FOO}', 'afirst'],
    ['P@$$w0rd', 'P@$$w0rd'],
    ['$FOO', '$FOO'],
    ['$$', '$$'],
    ['100$', '100$'],
    ['${FOO', '${FOO'],
    ['${}', '${}'],
    ['${1}', '${1}'],
    ['${FOO-def}', '${FOO-def}'],
    ['${FOO%x}', '${FOO%x}'],
    ['a{host}b', 'a{host}b'],
    ['$(touch x) `y`', '$(touch x) `y`'],
  ])('%s becomes %s', (text, expected) => {
    expect(expand(text, lookup, 'project')).toEqual({ text: expected, unset: [], error: null });
  });

  it('are reported when they are not set', () => {
    expect(expand('${NO}', lookup, 'project').unset).toEqual(['NO']);
  });
});
