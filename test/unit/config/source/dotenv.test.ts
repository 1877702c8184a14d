import { describe, expect, it } from 'vitest';

import { parseDotenv, parseRawEnv } from '../../../../src/config/source/dotenv.js';

const SHELL: Readonly<Record<string, string>> = { HOME: '/home/me', FROM_SHELL: 'shell' };
const parse = (text: string) => parseDotenv(text, (name) => SHELL[name], 'compose');
const valuesOf = (text: string) => Object.fromEntries(parse(text).values);

describe('a .env file', () => {
  it.each([
    ['A=1', { A: '1' }],
    ['A=1\nB=2\n', { A: '1', B: '2' }],
    ['\n# comment\n  # another\nA=1 # why\n', { A: '1' }],
    ['A=a#b', { A: 'a#b' }],
    ['A=#b', { A: '' }],
    ['A=', { A: '' }],
    ['A = spaced out  ', { A: 'spaced out' }],
    ['A: yaml', { A: 'yaml' }],
    ['export A=1', { A: '1' }],
    ['exported=1', { exported: '1' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A="x y" # why', { A: 'x y' }],
    ["A='x # y'", { A: 'x # y' }],
    ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ["A='one\ntwo'", { A: 'one\ntwo' }],
    ['A="a\\nb\\tc\\"d\\\\e"', { A: 'a\nb\tc"d\\e' }],
    ["A='a\\nb'", { A: 'a\\nb' }],
    ["A='it\\'s'", { A: "it's" }],
    ['A="\\$HOME"', { A: '$HOME' }],
    ['A=$HOME/x', { A: '/home/me/x' }],
    ['A="${HOME}"', { A: '/home/me' }],
    ["A='${HOME}'", { A: '${HOME}' }],
    ['A=1\nB=${A}2', { A: '1', B: '12' }],
    ['A=${NO:-def}', { A: 'def' }],
    ['FROM_SHELL\nNOT_SET', { FROM_SHELL: 'shell' }],
    ['A=P@$$w0rd', { A: 'P@$w0rd' }],
    ["A='P@$$w0rd'", { A: 'P@$$w0rd' }],
    ['A=\'\'\nB=""', { A: '', B: '' }],
    ['ÄÖ.x-1[2]=1', { 'ÄÖ.x-1[2]': '1' }],
    ['A=1\nA=2', { A: '2' }],
  ])('%j says %j', (text, expected) => {
    expect(valuesOf(text)).toEqual(expected);
    expect(parse(text).problems).toEqual([]);
  });

  it.each([
    ['A=1\nthis is no line\nB=2', 4, 'is no line of the form KEY=value', { A: '1', B: '2' }],
    ['%A=1', 0, 'is no line of the form KEY=value', {}],
    ['A="never closed\nB=2', 2, 'the quote " is never closed', { A: '', B: '2' }],
    ['A="x"y\nB=2', 2, 'there is text after the closing quote', { A: 'x', B: '2' }],
    ['A=${X:?must be}', 2, 'the variable X is required: must be', { A: '' }],
  ])('%j has a problem at %d: %s', (text, offset, message, values) => {
    const { problems } = parse(text);
    expect(problems).toMatchObject([{ offset, message, severity: 'error' }]);
    expect(valuesOf(text)).toEqual(values);
  });

  it('warns of variables that are not set', () => {
    expect(parse('A=$NO').problems).toMatchObject([{ severity: 'warning', offset: 2 }]);
  });

  it('of the project leaves everything but ${NAME} alone, so that passwords need no escaping', () => {
    const { values } = parseDotenv(
      'A=P@$$w0rd\nB=$HOME\nC=${HOME}',
      (name) => SHELL[name],
      'project',
    );
    expect(Object.fromEntries(values)).toEqual({ A: 'P@$$w0rd', B: '$HOME', C: '/home/me' });
  });

  it('in raw format takes every byte after the = as it is', () => {
    const { values } = parseRawEnv('# no\nA="$HOME" # x\n\nnothing\nB=  y \r\n');
    expect(Object.fromEntries(values)).toEqual({ A: '"$HOME" # x', B: '  y ' });
  });

  it('is read in time that grows with its length, whatever is in it', () => {
    const start = performance.now();
    for (const text of [
      '"'.repeat(200_000),
      ' '.repeat(200_000) + 'x',
      'A='.repeat(100_000),
      '\n'.repeat(200_000),
      'A="' + '\\'.repeat(200_001),
    ])
      parse(text);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
