import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { passesShells, quoteWord, quoteWords, renderScript } from '../../../src/remote/quote.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** Texts that stand for bytes, one each: what a shell sees is bytes. */
const bytes = fc
  .uint8Array({ min: 1, max: 255, maxLength: 60 })
  .map((array) => Buffer.from(array).toString('latin1'));
const shellNoise = fc
  .array(
    fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!', '*', '{a,b}', '$(touch x)', '\r'),
  )
  .map((parts) => parts.join(''));
const anyText = fc.oneof(bytes, shellNoise);

function runSh(script: string): Buffer {
  return execFileSync('/bin/sh', {
    input: Buffer.from(script, 'latin1'),
    env: { PATH: process.env['PATH'] },
  });
}

describe('quoting for a shell', () => {
  it('gives back exactly the same bytes', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 20 }), (texts) => {
        const output = runSh(`printf '%s\\0' ${quoteWords(texts)}`);
        expect(output.toString('latin1').split('\0').slice(0, -1)).toEqual(texts);
      }),
      { numRuns: 150 },
    );
  });

  it('leaves nothing of a text outside of quotes', () => {
    expect(quoteWord("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
    expect(quoteWord('')).toBe("''");
  });

  it('refuses a NUL byte, which no argument can hold', () => {
    expect(() => quoteWord('a\0b')).toThrow(RangeError);
  });
});

describe('a command as a script', () => {
  it('reads as a person would write it', () => {
    const script = renderScript({
      argv: ['vllm', 'serve', 'my model'],
      env: { HF_HOME: '/models', 'discovery.type': 'x y' },
      cwd: '/opt/it',
    });
    expect(script).toBe(
      [
        `cd '/opt/it' || exit 126`,
        `export HF_HOME='/models'`,
        `exec /usr/bin/env -- 'discovery.type=x y' 'vllm' 'serve' 'my model'`,
        '',
      ].join('\n'),
    );
  });

  it('runs the program with the same arguments and variables', () => {
    const name = fc.oneof(
      fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,8}$/),
      fc.constantFrom('IFS', 'PWD', 'PPID', 'OPTIND', 'UID', '_', '-n', '1st'),
    );
    fc.assert(
      fc.property(
        fc.array(anyText, { maxLength: 5 }),
        fc.dictionary(name, anyText, { maxKeys: 4 }),
        (args, env) => {
          delete env['PATH'];
          const print = 'console.log(JSON.stringify([process.argv.slice(1), process.env]))';
          const argv = [process.execPath, '-e', print, '--', ...args] as const;
          const script = renderScript({ argv, env });
          const printed = execFileSync('/bin/sh', { input: script, encoding: 'utf8' });
          const [gotArgs, gotEnv] = JSON.parse(printed) as [string[], Record<string, string>];
          expect(gotArgs).toEqual(args);
          expect(gotEnv).toMatchObject(env);
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each(['-dash', 'a=b'])('finds a program called %s', async (program) => {
    const folder = await makeTempFolder();
    const file = path.join(folder, program);
    await writeFile(file, '#!/bin/sh\necho "got $1"\n');
    await chmod(file, 0o755);
    const run = (env: Record<string, string>) =>
      execFileSync('/bin/sh', {
        input: renderScript({ argv: [program, 'argument'], env }),
        env: { PATH: `${folder}:${process.env['PATH']}` },
        encoding: 'utf8',
      });
    expect(run({})).toBe('got argument\n');
    expect(run({ 'a.b': '1' })).toBe('got argument\n');
  });

  it('stops where the folder cannot be entered', () => {
    const script = renderScript({ argv: ['echo', 'no'], cwd: '/no/such/folder' });
    const { status, stdout } = spawnSync('/bin/sh', { input: script, encoding: 'utf8' });
    expect([status, stdout]).toEqual([126, '']);
  });
});

describe('the names of variables', () => {
  it.each(['HOME', 'a_1', '_X'])('%s gets through a shell', (name) => {
    expect(passesShells(name)).toBe(true);
  });
  it.each(['IFS', 'PWD', '_', 'a.b', '1a', 'a-b', 'BASH_ENV', 'SHLVL'])('%s does not', (name) => {
    expect(passesShells(name)).toBe(false);
  });
});
