import { describe, expect, it } from 'vitest';

import { formatDateTime } from '../../../../src/report/text/time.js';
import { type Holder, parseLeaseAnswer } from '../../../../src/run/lease/answer.js';
import {
  describeHolder,
  describeNote,
  heldBy,
  lostLease,
  withoutAge,
} from '../../../../src/run/lease/words.js';

const SINCE = '2026-06-01T19:04:09.000Z';

function answerWith(age: number) {
  const holder = {
    ...{ holder: '1f', run: '20260601_190409', controller: 'c0ffee', machine: 'desk', user: 'ann' },
    ...{ pid: '4711', project: '/home/ann/bench', since: SINCE, lease: '900' },
  };
  const lines = Object.entries(holder).map(([name, value]) => `holder\t${name}\t${value}`);
  const answer = parseLeaseAnswer(['answer\theld', ...lines, `age\t${age}`].join('\n'), 'node1');
  if (!answer?.holder) throw new Error('no holder');
  return { ...answer, holder: answer.holder satisfies Holder };
}

describe('who has a node', () => {
  it('is told with times as people read them, and with when he loses it', () => {
    const answer = answerWith(95);
    const who = `run 20260601_190409 of ann@desk (process 4711, /home/ann/bench, controller c0ffee), since ${formatDateTime(SINCE)}`;
    expect(formatDateTime(SINCE)).toMatch(/^2026-06-0[12] \d\d:04:09$/);
    expect(describeHolder(answer.holder)).toBe(`${who}, last heard of 1 min 35 s ago`);
    expect(withoutAge(describeHolder(answer.holder))).toBe(who);
    expect(heldBy('node1', answer)).toMatchObject({
      message: `it is held by ${describeHolder(answer.holder)}`,
      hint:
        'wait for it with --wait-lock 30m; a holder that is dead loses it, with what it has left there, ' +
        '15 min after its last sign of life, or at once with: playbook unlock node1 --holder 1f',
    });
  });

  it('is told to whoever has lost it in a sentence', () => {
    const answer = answerWith(16);
    const { message } = lostLease('node1', { answer, silentMs: 90_400, trouble: null }, 900_000);
    expect(message).toBe(
      `its lease was lost: last renewed 1 min 30 s ago, and now held by ${describeHolder(answer.holder)}`,
    );
    const silent = lostLease('node1', { answer: null, silentMs: 901e3, trouble: null }, 900_000);
    expect(silent.message).toContain(
      'not heard of for 15 min 01 s, longer than lease_timeout (15 min)',
    );
  });
});

describe('what watchdogs did', () => {
  it('is told in a few words, and of one machine once', () => {
    const processes = Array.from({ length: 30 }, (_, index) => `${index} (sleep 300)`);
    const lines = ['run\tR1', 'waited\t900', 'at\t2026-06-01T19:04:09Z', 'broken\tno'];
    const things = processes.map((process) => `removed\tprocess\t${process}`);
    const text = ['answer\tfree', ...[...lines, ...things].map((line) => `note\tR1-x\t${line}`)];
    const [note] = parseLeaseAnswer(text.join('\n'), 'node1')?.notes ?? [];
    if (!note) throw new Error('no note');
    const told = new Set<string>();
    const who = `run R1 was not heard of for 15 min, and its watchdog cleaned up (${formatDateTime(note.at)})`;
    expect(describeNote(note, told)).toBe(
      `${who}: removed ${processes
        .slice(0, 5)
        .map((each) => `process ${each}`)
        .join(', ')}, and 25 more`,
    );
    expect(describeNote(note, told)).toBe(`${who}: nothing else was left`);
    expect(describeNote({ ...note, isBroken: true, removed: [] }, told)).toContain(
      'run R1 lost the node to playbook unlock, and its watchdog cleaned up',
    );
  });
});
