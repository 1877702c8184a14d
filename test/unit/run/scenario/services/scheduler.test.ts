import { describe, expect, it } from 'vitest';

import {
  type Task,
  type Wait,
  schedule,
} from '../../../../../src/run/scenario/services/scheduler.js';

function task(id: string, ...waitsFor: (string | [string, Wait['until'], boolean?])[]): Task {
  return {
    id,
    waitsFor: waitsFor.map((wait) => {
      const [on, until, isRequired] = typeof wait === 'string' ? [wait, 'ready' as const] : wait;
      return { id: on, until, isRequired: isRequired ?? true };
    }),
  };
}

/** Runs a schedule whose every step the test decides: which task starts, gets ready or fails, and when. */
function drive(tasks: readonly Task[], maxConcurrent = Infinity) {
  const log: string[] = [];
  const running = new Map<string, { start: () => void; end: (failure: string | null) => void }>();
  const stop = new AbortController();
  const done = schedule<string>(tasks, {
    maxConcurrent,
    signal: stop.signal,
    bringUp: (id, started) => {
      log.push(id);
      return new Promise((end) => running.set(id, { start: started, end }));
    },
    blockedBy: (id, dependency, failure) => `${id} needs ${dependency}: ${failure}`,
    abandoned: (id) => `${id} abandoned`,
  });
  // Twice: a slot is handed on in one turn of the event loop, the next task starts in the one after.
  const settle = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  const of = (id: string) => {
    const found = running.get(id);
    if (!found) throw new Error(`${id} was not brought up`);
    return found;
  };
  return {
    log,
    stop,
    settle,
    results: async () => Object.fromEntries(await done),
    started: async (id: string) => {
      of(id).start();
      await settle();
    },
    ready: async (id: string) => {
      of(id).end(null);
      await settle();
    },
    fails: async (id: string) => {
      of(id).end('broken');
      await settle();
    },
  };
}

describe('schedule', () => {
  it('starts a task the moment its own dependencies are ready, not when a batch is', async () => {
    const run = drive([
      task('slow'),
      task('fast'),
      task('after-fast', 'fast'),
      task('last', 'slow', 'after-fast'),
    ]);
    await run.settle();
    expect(run.log).toEqual(['slow', 'fast']);
    await run.ready('fast');
    expect(run.log).toEqual(['slow', 'fast', 'after-fast']);
    await run.ready('after-fast');
    await run.ready('slow');
    await run.ready('last');
    expect(await run.results()).toEqual({ slow: null, fast: null, 'after-fast': null, last: null });
  });

  it('waits only for the start where the start is what is needed', async () => {
    const run = drive([task('a'), task('b', ['a', 'started'])]);
    await run.settle();
    await run.started('a');
    expect(run.log).toEqual(['a', 'b']);
    await run.ready('b');
    await run.ready('a');
    expect(await run.results()).toEqual({ a: null, b: null });
  });

  it('stops exactly the descendants of a failed task', async () => {
    const run = drive([task('a'), task('b'), task('c', 'a'), task('d', 'c', 'b'), task('e', 'b')]);
    await run.settle();
    await run.fails('a');
    await run.ready('b');
    await run.ready('e');
    expect(await run.results()).toEqual({
      a: 'broken',
      b: null,
      c: 'c needs a: broken',
      d: 'd needs c: c needs a: broken',
      e: null,
    });
    expect(run.log).toEqual(['a', 'b', 'e']);
  });

  it('goes on without a dependency that is not required, and past one that is only an order', async () => {
    const run = drive([
      task('a'),
      task('b', ['a', 'ready', false]),
      task('c', ['a', 'settled', false]),
    ]);
    await run.settle();
    await run.fails('a');
    expect(run.log).toEqual(['a', 'b', 'c']);
    await run.ready('b');
    await run.ready('c');
    expect(await run.results()).toEqual({ a: 'broken', b: null, c: null });
  });

  it('keeps to its limit, and serves the longest chain first', async () => {
    const run = drive(
      [task('x'), task('leaf'), task('root'), task('mid', 'root'), task('end', 'mid')],
      1,
    );
    await run.settle();
    expect(run.log).toEqual(['x']);
    await run.ready('x');
    expect(run.log).toEqual(['x', 'root']);
    await run.ready('root');
    expect(run.log).toEqual(['x', 'root', 'mid']);
    await run.ready('mid');
    await run.ready('leaf');
    expect(run.log.at(-1)).toBe('end');
    await run.ready('end');
    expect(Object.values(await run.results())).toEqual([null, null, null, null, null]);
  });

  it('does not deadlock when readiness needs what waits for a start and slots are short', async () => {
    const run = drive([task('router'), task('worker', ['router', 'started'])], 1);
    await run.settle();
    await run.started('router');
    expect(run.log).toEqual(['router', 'worker']);
    await run.ready('worker');
    await run.ready('router');
    expect(await run.results()).toEqual({ router: null, worker: null });
  });

  it('starts nothing more once it is aborted', async () => {
    const run = drive([task('a'), task('b', 'a')]);
    await run.settle();
    run.stop.abort();
    await run.ready('a');
    expect(await run.results()).toEqual({ a: null, b: 'b abandoned' });
    expect(run.log).toEqual(['a']);
  });
});
