import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { OVER } from '../../../../src/async/abort.js';
import type { RunningService } from '../../../../src/deploy/backend.js';
import { followLines } from '../../../../src/deploy/compose/logs.js';
import { type History, createHistory } from '../../../../src/deploy/compose/watch/history.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { createRedactor } from '../../../../src/remote/redaction.js';
import { type ManualClock, createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

/** The least of docker that has a log: `logs -f` ends when there is a file `ended` or `away`. */
const DOCKER = `#!/bin/sh
state=$(dirname "$0")/state
case $1 in
  ps) cat "$state/containers" ;;
  logs)
    if [ -e "$state/ended" ]; then exec cat "$state/log"; fi
    if [ -e "$state/away" ]; then exit 1; fi
    tail -n +1 -f "$state/log" &
    while [ ! -e "$state/ended" ] && [ ! -e "$state/away" ]; do sleep 0.02; done
    kill $! ;;
esac
`;

interface Bench {
  /** Relative to the folder of the stand-in. */
  readonly write: (name: string, text: string) => Promise<void>;
  readonly history: History;
  readonly clock: ManualClock;
  readonly lines: AsyncGenerator<string, void, undefined>;
  readonly next: () => Promise<string | null>;
  readonly abort: () => void;
  /** Whatever runs on the node is lost, and the next connection is a good one. */
  readonly cut: () => void;
}

async function openBench(containers: readonly string[]): Promise<Bench> {
  const folder = await makeTempFolder();
  const state = path.join(folder, 'state');
  await mkdir(state);
  await writeFile(path.join(folder, 'docker'), DOCKER);
  await chmod(path.join(folder, 'docker'), 0o755);
  await writeFile(path.join(state, 'containers'), containers.join('\n'));
  const opened = await openLocal(nodeSpec(), {
    cwd: folder,
    environment: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  const connection = opened.value;
  let cut = new AbortController();
  const pool = createPool(() =>
    Promise.resolve({
      ok: true,
      value: {
        ...connection,
        exec: async (command, options = {}) => {
          const lost = cut.signal;
          const signal = AbortSignal.any([lost, ...(options.signal ? [options.signal] : [])]);
          const result = await connection.exec(command, { ...options, signal });
          if (!lost.aborted) return result;
          const reason = 'reset by peer';
          const { stdout, stderr, durationMs } = result;
          return { termination: 'connection-lost', reason, stdout, stderr, durationMs };
        },
      },
    }),
  );
  onTestFinished(() => pool.closeAll());
  const clock = createManualClock();
  const history = createHistory(
    containers,
    0,
    () => Promise.resolve(null),
    (text) => text,
  );
  const running: RunningService = {
    service: serviceSpec('engine'),
    deployment: {
      run: 'run',
      controller: 'c0ffee',
      scenario: 's',
      node: nodeSpec(),
      workingFolder: folder,
      stateFolder: folder,
    },
    description: 'container c1',
  };
  const stop = new AbortController();
  const lines = followLines(
    { pool, clock, redactor: createRedactor(['hunter2']), history: () => Promise.resolve(history) },
    running,
    stop.signal,
  );
  return {
    write: (name, text) => appendFile(path.join(state, name), text),
    history,
    clock,
    lines,
    async next() {
      const { value, done } = await lines.next();
      return done ? null : value;
    },
    abort: () => stop.abort(OVER),
    cut() {
      cut.abort(OVER);
      cut = new AbortController();
    },
  };
}

const exit = { exitCode: 0, signal: null, isLost: false, description: 'exited with status 0' };

it('the log of a container goes on after its connection was lost, and nothing of it comes twice', async () => {
  const { write, next, cut, clock, history } = await openBench(['c1']);
  await write('log', 'one\nthe password is hunter2\nhal');
  expect(await next()).toBe('one');
  expect(await next()).toBe('the password is ***');
  const third = next();
  cut();
  await clock.sleeping();
  await write('log', 'f a line\nthree\nno newline');
  await clock.advance(1_000);
  expect(await third).toBe('half a line');
  expect(await next()).toBe('three');
  const last = next();
  history.end(exit);
  await write('ended', '');
  expect(await last).toBe('no newline');
  expect(await next()).toBeNull();
  expect(clock.remaining).toEqual([]);
});

it('the log of a container goes on after docker was away for a while', async () => {
  const { write, next, clock } = await openBench(['c1']);
  await write('log', 'one\n');
  await write('away', '');
  const first = next();
  for (let tries = 0; tries < 3; tries += 1) {
    await clock.sleeping();
    await clock.advance(1_000);
  }
  await clock.sleeping();
  await write('ended', '');
  await clock.advance(1_000);
  expect(await first).toBe('one');
});

it('the log of a container that has ended is over as soon as that is known, and all of it was told', async () => {
  const { write, next, clock, history } = await openBench(['c1']);
  await write('log', 'one\n');
  expect(await next()).toBe('one');
  const last = next();
  await write('log', 'two');
  await write('ended', '');
  await clock.sleeping();
  history.end(exit);
  expect(await last).toBe('two');
  expect(await next()).toBeNull();
});

it('the logs of several containers lack nothing after their connection was lost', async () => {
  const { write, next, cut, clock } = await openBench(['c1', 'c2']);
  await write('log', 'one\n');
  expect([await next(), await next()]).toEqual(['one', 'one']);
  const third = next();
  cut();
  await clock.sleeping();
  await write('log', 'two\n');
  await clock.advance(1_000);
  const lines = [await third, await next(), await next(), await next()];
  expect(lines.sort()).toEqual(['one', 'one', 'two', 'two']);
});

it('a log is no longer waited for when nobody wants it', async () => {
  const { write, next, cut, clock, abort } = await openBench(['c1']);
  await write('log', 'one\n');
  expect(await next()).toBe('one');
  const second = next();
  cut();
  await clock.sleeping();
  abort();
  expect(await second).toBeNull();
  expect(clock.remaining).toEqual([]);
});
