import { describe, expect, it } from 'vitest';

import { createTurns } from '../../../../src/cli/exec/turns.js';
import { createManualClock } from '../../../support/manual-clock.js';

function speaking() {
  const clock = createManualClock();
  const turns = createTurns(clock);
  const heard: string[] = [];
  const line = (speaker: string, text: string) => `${speaker}: ${text}`;
  return {
    clock,
    heard,
    say: (speaker: string, text: string, size = text.length) =>
      turns.say(speaker, size, () => heard.push(line(speaker, text))),
    leave: (speaker: string) => turns.leave(speaker, () => heard.push(line(speaker, 'done'))),
  };
}

describe('nodes that write at the same time', () => {
  it('are heard one after the other, each to its end', async () => {
    const { heard, say, leave, clock } = speaking();
    say('a', '1');
    say('b', '1');
    say('a', '2');
    say('b', '2');
    const left = leave('b');
    await leave('a');
    await left;
    expect(heard).toEqual(['a: 1', 'a: 2', 'a: done', 'b: 1', 'b: 2', 'b: done']);
    expect(clock.remaining).toEqual([]);
  });

  it('are heard at once as long as no other one is', () => {
    const { heard, say } = speaking();
    say('a', '1');
    expect(heard).toEqual(['a: 1']);
    say('a', '2');
    expect(heard).toEqual(['a: 1', 'a: 2']);
  });

  it('are heard as soon as the one before has been silent for a while, without it having to end', async () => {
    const { heard, say, clock } = speaking();
    say('a', '1');
    await clock.advance(300);
    say('b', '1');
    await clock.advance(199);
    expect(heard).toEqual(['a: 1']);
    await clock.advance(1);
    expect(heard).toEqual(['a: 1', 'b: 1']);
    say('b', '2');
    expect(heard.at(-1)).toBe('b: 2');
    await clock.advance(10_000);
    say('a', '2');
    expect(heard.at(-1)).toBe('a: 2');
    expect(clock.remaining).toEqual([]);
  });

  it('wait no longer than a turn for one that never stops', async () => {
    const { heard, say, clock } = speaking();
    say('a', '0');
    say('b', '0');
    for (let round = 1; round <= 29; round += 1) {
      await clock.advance(100);
      say('a', String(round));
      say('b', String(round));
    }
    expect(heard.some((each) => each.startsWith('b'))).toBe(false);
    await clock.advance(100);
    expect(heard.slice(30)).toEqual(Array.from({ length: 30 }, (_, index) => `b: ${index}`));
  });

  it('lose no line and mix none however they come and go', async () => {
    const { heard, say, leave, clock } = speaking();
    const said: string[] = [];
    const left: Promise<void>[] = [];
    for (let round = 0; round < 40; round += 1) {
      for (const speaker of ['a', 'b', 'c']) {
        if ((round * 7 + speaker.charCodeAt(0)) % 3 === 0) continue;
        say(speaker, String(round));
        said.push(`${speaker}: ${round}`);
      }
      await clock.advance((round % 5) * 130);
    }
    for (const speaker of ['b', 'c', 'a']) left.push(leave(speaker));
    await Promise.all(left);
    for (const speaker of ['a', 'b', 'c']) {
      const of = (lines: readonly string[]) => lines.filter((each) => each.startsWith(speaker));
      expect(of(heard)).toEqual([...of(said), `${speaker}: done`]);
    }
    expect(clock.remaining).toEqual([]);
  });

  it('get their turn at once where they have written more than is kept', () => {
    const { heard, say } = speaking();
    say('a', '1');
    say('b', '1', 200_000);
    expect(heard).toEqual(['a: 1']);
    say('b', '2', 100_000);
    say('a', '2');
    expect(heard).toEqual(['a: 1', 'b: 1', 'b: 2']);
  });

  it('that wrote nothing do not wait where nobody else does', async () => {
    const { heard, leave } = speaking();
    await leave('a');
    expect(heard).toEqual(['a: done']);
  });
});
