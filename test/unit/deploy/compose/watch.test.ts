import { describe, expect, it } from 'vitest';

import type { ServiceEvent } from '../../../../src/deploy/backend.js';
import { describeContainerExit } from '../../../../src/deploy/compose/watch/container-exit.js';
import {
  type ContainerState,
  parseContainerStates,
} from '../../../../src/deploy/compose/watch/container-state.js';
import {
  type DockerAction,
  type DockerEvent,
  parseDockerEvent,
} from '../../../../src/deploy/compose/watch/docker-event.js';
import { type History, createHistory } from '../../../../src/deploy/compose/watch/history.js';

/** As docker 20.10 prints it, some attributes left out. */
const DIE =
  '{"status":"die","id":"954bca2cd82e","from":"lab/busybox:1","Type":"container","Action":"die",' +
  '"Actor":{"ID":"954bca2cd82e","Attributes":{"exitCode":"3","name":"pp_a_1"}},"scope":"local",' +
  '"time":1795385472,"timeNano":1795385472837509404}';

describe('an event of docker', () => {
  it('tells the container, the exit code and the exact time', () => {
    expect(parseDockerEvent(DIE)).toEqual({
      container: '954bca2cd82e',
      action: 'die',
      exitCode: 3,
      atMs: 1_795_385_472_837,
      at: '1795385472.837509404',
    });
  });

  it('tells health', () => {
    const line = DIE.replace('"Action":"die"', '"Action":"health_status: unhealthy"');
    expect(parseDockerEvent(line)?.action).toBe('unhealthy');
  });

  it.each([DIE.replace('"Action":"die"', '"Action":"exec_die"'), 'WARNING: x', '', 'null'])(
    'that does not matter is left out: %s',
    (line) => {
      expect(parseDockerEvent(line)).toBeNull();
    },
  );
});

/** As the inspect command makes docker print it. */
function inspected(state: object, more: object = {}): string {
  return JSON.stringify({
    id: '77aa',
    restarts: 0,
    state: {
      Status: 'running',
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: '2026-11-22T22:11:12.837509404Z',
      ...state,
    },
    check: null,
    ...more,
  });
}

describe('the state of a container', () => {
  it('is read with its health', () => {
    const Health = {
      Status: 'unhealthy',
      Log: [{ ExitCode: 7, Output: 'no answer\nfrom :8000\n' }],
    };
    const text = inspected({ Health }, { check: { Timeout: 50_000_000, Retries: 2 } });
    expect(parseContainerStates(text)).toEqual([
      {
        container: '77aa',
        status: 'running',
        exitCode: 0,
        isOutOfMemory: false,
        startedAtMs: Date.parse('2026-11-22T22:11:12.837Z'),
        restarts: 0,
        health: 'unhealthy',
        complaint:
          'health check failed 2 times in a row: exited with status 7: no answer; from :8000',
      },
    ]);
  });

  it('tells a check that hangs', () => {
    const Log = [{ ExitCode: -1, Output: 'Health check exceeded timeout (50ms)' }];
    const text = inspected(
      { Health: { Status: 'unhealthy', Log } },
      { check: { Timeout: 50_000_000, Retries: 1 } },
    );
    expect(parseContainerStates(text)[0]?.complaint).toBe(
      'health check failed: no answer within 0.05 s',
    );
  });

  it('tells one that was never started', () => {
    const text = inspected({ Status: 'created', StartedAt: '0001-01-01T00:00:00Z' });
    expect(parseContainerStates(text)[0]).toMatchObject({ startedAtMs: null, health: 'none' });
  });
});

describe('how a container ends', () => {
  it.each([
    [0, false, { exitCode: 0, signal: null }, 'exited with status 0'],
    [3, false, { exitCode: 3, signal: null }, 'exited with status 3'],
    [127, false, { exitCode: 127 }, 'exited with status 127 (a command was not found)'],
    [137, false, { exitCode: null, signal: 'SIGKILL' }, 'killed by SIGKILL'],
    [137, true, { exitCode: null, signal: 'SIGKILL' }, 'killed by SIGKILL (out of memory)'],
    [139, false, { exitCode: null, signal: 'SIGSEGV' }, 'killed by SIGSEGV'],
    [255, false, { exitCode: 255, signal: null }, 'exited with status 255'],
  ])('with status %i (out of memory: %s)', (code, isOutOfMemory, exit, description) => {
    expect(describeContainerExit(code, isOutOfMemory)).toMatchObject({
      ...exit,
      description,
      isLost: false,
    });
  });
});

const never = new AbortController().signal;
const running: ContainerState = {
  container: 'a',
  status: 'running',
  exitCode: 0,
  isOutOfMemory: false,
  startedAtMs: 5_000,
  restarts: 0,
  health: 'none',
  complaint: 'health check failed: no answer',
};

function event(action: DockerAction, more: Partial<DockerEvent> = {}): DockerEvent {
  return { container: 'a', action, exitCode: null, atMs: 10_000, at: '10.0', ...more };
}

function historyOf(containers: readonly string[], state: Partial<ContainerState> = {}): History {
  const inspect = () => Promise.resolve({ ...running, ...state });
  return createHistory(containers, 5_000, inspect, (text) => text.replace('hunter2', '***'));
}

async function told(history: History): Promise<readonly ServiceEvent[]> {
  history.take(event('die', { exitCode: 0 }));
  const all: ServiceEvent[] = [];
  for await (const one of history.events.read(never)) all.push(one);
  return all.slice(0, -1);
}

async function exitOf(history: History) {
  await history.ended;
  for await (const one of history.events.read(never)) if (one.type === 'exited') return one.exit;
  throw new Error('it has not ended');
}

describe('what is told of a service', () => {
  it('is its health, only when it changes, and why it is not well', async () => {
    const history = historyOf(['a'], { complaint: 'it said hunter2' });
    for (const action of ['start', 'healthy', 'healthy', 'unhealthy', 'healthy'] as const) {
      history.take(event(action));
    }
    expect(await told(history)).toEqual([
      { type: 'healthy' },
      { type: 'unhealthy', message: 'it said ***' },
      { type: 'healthy' },
    ]);
  });

  it('is healthy when all of its containers are', async () => {
    const history = historyOf(['a', 'b']);
    history.take(event('healthy'));
    history.take(event('unhealthy'));
    history.take(event('healthy', { container: 'b' }));
    history.take(event('healthy'));
    expect((await told(history)).map(({ type }) => type)).toEqual(['unhealthy', 'healthy']);
  });

  it('is that it was paused, and that it goes on', async () => {
    const history = historyOf(['a'], { health: 'healthy' });
    for (const action of ['healthy', 'pause', 'unpause'] as const) history.take(event(action));
    expect(await told(history)).toEqual([
      { type: 'healthy' },
      { type: 'unhealthy', message: 'paused by `docker pause`' },
      { type: 'healthy' },
    ]);
  });

  it('is nothing of an earlier start', async () => {
    const history = historyOf(['a']);
    history.take(event('die', { atMs: 4_999, exitCode: 1 }));
    expect(await told(history)).toEqual([]);
  });
});

describe('the end of a service', () => {
  it('is told once, though docker starts it again', async () => {
    const history = historyOf(['a']);
    history.take(event('die', { exitCode: 9 }));
    history.take(event('start'));
    history.take(event('die', { exitCode: 8 }));
    expect((await exitOf(history)).exitCode).toBe(9);
    expect(history.hasEnded()).toBe(true);
  });

  it('is out of memory when the event says so, or docker when it is asked', async () => {
    const heard = historyOf(['a']);
    heard.take(event('oom'));
    heard.take(event('die', { exitCode: 137 }));
    expect((await exitOf(heard)).description).toContain('out of memory');
    const asked = historyOf(['a'], { isOutOfMemory: true });
    asked.take(event('die', { exitCode: 137 }));
    expect((await exitOf(asked)).description).toContain('out of memory');
  });

  it('is not out of memory where only a child was killed and it went on to fail', async () => {
    const history = historyOf(['a']);
    history.take(event('oom'));
    history.take(event('die', { exitCode: 1 }));
    expect(await exitOf(history)).toMatchObject({
      exitCode: 1,
      description: 'exited with status 1',
    });
  });

  it.each([
    ['it is gone', null, { exitCode: null, description: 'removed' }],
    ['it has exited', { status: 'exited', exitCode: 4 }, { exitCode: 4 }],
    ['it was started again', { restarts: 2 }, { exitCode: null }],
    ['it is being started again', { status: 'restarting' }, { exitCode: null }],
    ['it is another start', { startedAtMs: 60_000 }, { exitCode: null }],
  ])('that was missed is found out: %s', async (_, state, exit) => {
    const history = historyOf(['a']);
    history.take(event('start', { atMs: 5_100 }));
    await Promise.resolve();
    history.sync('a', state && { ...running, ...state });
    expect(await exitOf(history)).toMatchObject({ ...exit, isLost: false });
  });

  it('is not assumed of what runs on', async () => {
    const history = historyOf(['a']);
    history.take(event('start', { atMs: 5_100 }));
    await Promise.resolve();
    history.sync('a', running);
    history.sync('a', { ...running, health: 'healthy' });
    expect(history.hasEnded()).toBe(false);
    expect(await told(history)).toEqual([{ type: 'healthy' }]);
  });
});
