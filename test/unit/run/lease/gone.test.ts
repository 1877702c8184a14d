import { describe, expect, it } from 'vitest';

import { type Holder, parseLeaseAnswer } from '../../../../src/run/lease/answer.js';
import { isGone } from '../../../../src/run/lease/gone.js';
import { identifyProcess, type ProcessIdentity } from '../../../../src/run/locks/process.js';

/** A number that no process has: the kernel hands out none beyond this. */
const NOBODY = 2 ** 22 + 1;
const OWN = 'c0ffee';
const OTHER = 'abcdef';

function holderOf(
  process: Partial<ProcessIdentity> | null,
  { controller = OWN, age = 1 }: { controller?: string; age?: number | '' } = {},
): Holder {
  const text = process === null ? '' : JSON.stringify({ ...identifyProcess(), ...process });
  const answer = parseLeaseAnswer(
    `answer\theld\nholder\tholder\t1f\nholder\tcontroller\t${controller}\nholder\tlease\t900\n` +
      `holder\tprocess\t${text}\nage\t${age}\n`,
    'node1',
  );
  if (!answer?.holder) throw new Error('no holder');
  return answer.holder;
}

describe('the holder of a lease', () => {
  it.each([
    ['of this controller, whose process has ended', holderOf({ pid: NOBODY })],
    ['of this controller, and of this very process', holderOf({})],
    [
      'of another controller, whose process here has ended',
      holderOf({ pid: NOBODY }, { controller: OTHER }),
    ],
    [
      'of this controller, in another container, that has been silent for long',
      holderOf({ pid_namespace: 'pid:[1]' }, { age: 450 }),
    ],
    ['of this controller, that tells no process, silent for long', holderOf(null, { age: 450 })],
  ])('is gone: one %s', (_, holder) => {
    expect(isGone(holder, OWN)).toBe(true);
  });

  it.skipIf(identifyProcess().machine === null)(
    'is gone where this controller had it before its machine was started again',
    () => {
      expect(isGone(holderOf({ boot_id: 'another' }), OWN)).toBe(true);
      // Another project, on a machine that goes by the same name and id.
      expect(isGone(holderOf({ boot_id: 'another' }, { controller: OTHER }), OWN)).toBe(false);
    },
  );

  it.each([
    ['of this controller whose process lives', holderOf({ pid: 1, process_start: null })],
    ['of another controller, of this very process', holderOf({}, { controller: OTHER })],
    [
      'of this controller on another machine, heard of',
      holderOf({ host: 'elsewhere', pid: NOBODY }),
    ],
    [
      'of this controller, in another container, heard of',
      holderOf({ pid_namespace: 'pid:[1]', pid: NOBODY }),
    ],
    ['of this controller, nobody knows when heard of', holderOf(null, { age: '' })],
    [
      'of another controller elsewhere, silent for long',
      holderOf(null, { controller: OTHER, age: 899 }),
    ],
  ])('may live: one %s', (_, holder) => {
    expect(isGone(holder, OWN)).toBe(false);
  });
});
