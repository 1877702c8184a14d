import { describe, expect, it } from 'vitest';

import { createFailure } from '../../../../../src/model/failure.js';
import { safeName } from '../../../../../src/remote/transfer/stream/download/entry-name.js';
import {
  findChanged,
  parseReport,
  parseSizeNow,
} from '../../../../../src/remote/transfer/stream/download/report.js';
import { END_OF_MESSAGES } from '../../../../../src/remote/transfer/stream/download/scripts.js';
import { readComplaint } from '../../../../../src/remote/transfer/stream/node/complaint.js';
import { labelOf } from '../../../../../src/remote/transfer/stream/node/label.js';
import { createProgress } from '../../../../../src/remote/transfer/stream/progress.js';
import { isConnectionFault } from '../../../../../src/run/retry-policy.js';
import { planModes } from '../../../../../src/remote/transfer/stream/upload/modes.js';
import { createManualClock } from '../../../../support/manual-clock.js';

describe('what programs on a node complain about', () => {
  it.each([
    ["mkdir: cannot create directory '/a/b': Permission denied", 'EACCES', '/a/b'],
    ["mkdir: can't create directory '/a/b': Permission denied", 'EACCES', '/a/b'],
    ['tar: ./a b: Cannot open: Permission denied', 'EACCES', './a b'],
    ["tar: can't open 'tree/a': Permission denied", 'EACCES', 'tree/a'],
    ['sh: 12: cannot create /a/.b.part: Permission denied', 'EACCES', '/a/.b.part'],
    ["ls: cannot access '/a/b c': No such file or directory", 'ENOENT', '/a/b c'],
    ['ls: /a/b: No such file or directory', 'ENOENT', '/a/b'],
    ["dd: error writing 'standard output': No space left on device", 'ENOSPC', undefined],
    ['tar: tree/a: Cannot write: Disk quota exceeded', 'EDQUOT', undefined],
  ])('%s', (line, code, path) => {
    const error = readComplaint(
      `tar: a: time stamp in the future\n${line}\ntar: Error is not recoverable: exiting now\n`,
    );
    expect(error.message).toBe(line);
    expect(error.code).toBe(code);
    if (path !== undefined) expect(error.path).toBe(path);
  });

  it('is the first line, where it is nothing known, and something in any case', () => {
    expect(readComplaint('\nsomething\nelse\n').message).toBe('something');
    expect(readComplaint('').message).toContain('without a word');
  });
});

describe('what a node reports of what it sent', () => {
  const digest = 'ab'.repeat(32);
  const report = (messages: string, details: string) =>
    parseReport(Buffer.from(`${messages}\n${END_OF_MESSAGES}\n${details}`));

  it('is the digest and the size of a file', () => {
    const parsed = report('', `${digest} *stdin\nnow 17\n`);
    expect(parsed.sha256).toBe(digest);
    expect(parseSizeNow(parsed)).toBe(17);
  });

  it('is an error where it is missing, or something failed', () => {
    expect(() => parseReport(Buffer.from('tar: not found'))).toThrow('tar: not found');
    expect(() => report('dd: I/O error', `failed\n${digest} *stdin\nnow 17\n`)).toThrow(
      'I/O error',
    );
    expect(() => report('tee: lost', `tar 0\ntee 1\n${digest} *stdin\n`)).toThrow('tee: lost');
  });

  it('names what changed, as GNU tar writes names', () => {
    const messages = [
      String.raw`tar: ./a\nb\\c\303\244: file changed as we read it`,
      'tar: ./short: File shrank by 12 bytes; padding with zeros',
      'tar: .: file changed as we read it',
      'tar: ./gone: File removed before we read it',
      'tar: ./socket: socket ignored',
    ].join('\n');
    const changed = findChanged(report(messages, `tar 1\ntee 0\n${digest} *stdin\n`), (name) =>
      name.length === 0 ? undefined : 1,
    );
    expect(changed).toEqual([Buffer.from('a\nb\\c\u00e4'), Buffer.from('short')]);
  });

  it('names what has another size than what came, where tar itself says nothing', () => {
    const details = `tar 0\ntee 0\n${digest}  -\n3/./a\n12/./b\n5/x/c\n7/./new\n`;
    const received = new Map([
      ['a', 3],
      ['b\n5/x/c', 11],
    ]);
    const changed = findChanged(report('', details), (name) => received.get(name.toString()));
    expect(changed).toEqual([Buffer.from('b\n5/x/c')]);
  });

  it.each([
    ['in what tar says', 'tar: ./../evil: file changed as we read it', '', 1],
    [
      'hidden in what tar says',
      String.raw`tar: ./a\057..\057..\057evil: file changed as we read it`,
      '',
      1,
    ],
    ['that is absolute', 'tar: /etc/passwd: file changed as we read it', '', 1],
    ['in the sizes', '', '3/./a/../../evil\n', 0],
  ])('is refused with a name %s that leads elsewhere', (_, messages, sizes, status) => {
    const parsed = report(messages, `tar ${status}\ntee 0\n${digest} *stdin\n${sizes}`);
    expect(() => findChanged(parsed, () => 1)).toThrow('leads elsewhere');
  });

  it('is an error where tar failed for another reason', () => {
    const messages =
      'tar: ./a: file changed as we read it\ntar: ./b: Cannot open: Permission denied';
    for (const status of [1, 2]) {
      const parsed = report(messages, `tar ${status}\ntee 0\n${digest} *stdin\n`);
      expect(() => findChanged(parsed, () => 1)).toThrow('Permission denied');
    }
  });
});

describe('the name of an entry', () => {
  it.each([
    ['./a/b', 'a/b'],
    ['a/b/', 'a/b'],
    ['./...', '...'],
    ['./', ''],
    ['.', ''],
    ['./..a', '..a'],
  ])('%s is %s', (name, path) => {
    expect(safeName(name).toString()).toBe(path);
  });

  it.each([
    '..',
    '../a',
    './../a',
    'a/../b',
    'a/..',
    '/a',
    './/a',
    'a//b',
    '',
    'a\0b',
    './.',
    '//',
  ])('is refused: %j', (name) => {
    expect(() => safeName(name)).toThrow('leads elsewhere');
  });
});

describe('progress', () => {
  it('is told at a bounded rate, and in the end', () => {
    const clock = createManualClock();
    const told: number[] = [];
    const progress = createProgress(clock, ({ bytes }) => told.push(bytes));
    for (let count = 0; count < 1000; count += 1) progress.addBytes(1024 * 1024);
    expect(told.length).toBeLessThanOrEqual(10);
    expect(progress.finish()).toEqual({ files: 0, bytes: 1000 * 1024 * 1024 });
    expect(told.at(-1)).toBe(1000 * 1024 * 1024);
  });

  it('never goes back', () => {
    const told: number[] = [];
    const progress = createProgress(createManualClock(), ({ bytes }) => told.push(bytes));
    progress.addBytes(3_000_000);
    progress.addBytes(-3_000_000);
    progress.addBytes(2_000_000);
    progress.addBytes(3_000_000);
    expect(told).toEqual([3_000_000, 5_000_000]);
  });
});

describe('the rest', () => {
  it('retries what a new connection may change, and nothing else', () => {
    expect(isConnectionFault('connection_lost')).toBe(true);
    expect(isConnectionFault('unreachable')).toBe(true);
    for (const kind of ['transfer', 'disk_full', 'runtime_missing', 'cancelled'] as const) {
      expect(isConnectionFault(createFailure(kind, 'x').kind)).toBe(false);
    }
  });

  it('names incomplete copies by their target, or by a hash of an odd name', () => {
    expect(labelOf('/a/run_test.sh')).toBe('run_test.sh');
    expect(labelOf("/a/it's *")).toMatch(/^[0-9a-f]{32}$/);
    expect(labelOf(`/a/${'x'.repeat(200)}`)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('closes folders from the deepest on, with few calls', () => {
    const entry = (path: string, mode: number) => ({ path: Buffer.from(path), mode });
    const lists = planModes([
      entry('a', 0o755),
      entry('a/b', 0o555),
      entry('a/b/c', 0o755),
      entry('d', 0o755),
      entry('a/e', 0o555),
    ]);
    expect(lists.map(({ mode, names }) => [mode.toString(8), names.toString()])).toEqual([
      ['755', './a/b/c\0'],
      ['555', './a/b\0./a/e\0'],
      ['755', './a\0./d\0'],
    ]);
  });
});
