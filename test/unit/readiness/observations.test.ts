import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../../src/async/clock.js';
import type { CommandResult } from '../../../src/model/command.js';
import { commandCheck } from '../../../src/readiness/command.js';
import { containerProbe } from '../../../src/readiness/container.js';
import { createProbe } from '../../../src/readiness/create-probe.js';
import { httpCheck } from '../../../src/readiness/http.js';
import { logProbe } from '../../../src/readiness/log.js';
import { type Check, poll } from '../../../src/readiness/poll.js';
import { tcpCheck } from '../../../src/readiness/tcp.js';
import { createManualClock } from '../../support/manual-clock.js';

const TIMING = { timeoutMs: 60_000, intervalMs: 5, consecutivePasses: 1 };
const never = new AbortController().signal;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function serve(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function unusedPort(): Promise<number> {
  const port = await serve(createServer());
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

describe('what the http check sees', () => {
  const ask = (port: number, path = '/', expectStatus: number | null = null) =>
    httpCheck({ type: 'http', url: `http://127.0.0.1:${port}${path}`, expectStatus, ...TIMING })(
      never,
    );

  it.each([
    [200, null, null],
    [204, null, null],
    [500, null, 'HTTP 500'],
    [404, 404, null],
    [200, 404, 'HTTP 200'],
  ])('status %i, where %s is wanted', async (status, expectStatus, seen) => {
    const port = await serve(
      createHttpServer((_, response) => void response.writeHead(status).end()),
    );
    expect(await ask(port, '/', expectStatus)).toBe(seen);
  });

  it('a redirect, which is no directions', async () => {
    let asked = 0;
    const server = createHttpServer((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await ask(await serve(server))).toBe('HTTP 302');
    expect(asked).toBe(1);
  });

  it('nobody listening', async () => {
    expect(await ask(await unusedPort())).toBe('connection refused');
  });

  it('nobody listening on either address of a name', async () => {
    const url = `http://localhost:${await unusedPort()}/`;
    expect(await httpCheck({ type: 'http', url, expectStatus: null, ...TIMING })(never)).toBe(
      'connection refused',
    );
  });

  it('a connection that is reset', async () => {
    const port = await serve(createServer((socket) => socket.resetAndDestroy()));
    expect(await ask(port)).toBe('connection reset');
  });

  it('a server that speaks something else', async () => {
    const port = await serve(
      createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH\r\n\r\n')),
    );
    expect(await ask(port)).toBe('the answer is not HTTP');
  });

  it('a text that is no URL', async () => {
    const check = httpCheck({
      type: 'http',
      url: 'http://{host}:x/',
      expectStatus: null,
      ...TIMING,
    });
    expect(await check(never)).toContain('not a URL');
  });

  it('an endless body, whose status is still the answer', async () => {
    const server = createHttpServer((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(100_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    expect(await ask(await serve(server))).toBeNull();
  });

  it('reads a short body to its end, so that the server is not cut off', async () => {
    let isWhole = false;
    const server = createHttpServer((_, response) => {
      response.on('finish', () => (isWhole = true));
      response.write('first');
      setImmediate(() => response.end('last'));
    });
    expect(await ask(await serve(server))).toBeNull();
    expect(isWhole).toBe(true);
  });

  it('keeps no connection open', async () => {
    const sockets: Socket[] = [];
    const server = createHttpServer((_, response) => void response.end());
    server.on('connection', (socket) => sockets.push(socket));
    const port = await serve(server);
    for (let round = 0; round < 5; round += 1) await ask(port);
    await expect.poll(() => sockets.filter((socket) => !socket.destroyed)).toEqual([]);
  });
});

describe('what the tcp check sees', () => {
  it('somebody who accepts', async () => {
    const port = await serve(createServer((socket) => socket.end()));
    expect(await tcpCheck({ type: 'tcp', host: '127.0.0.1', port, ...TIMING })(never)).toBeNull();
  });

  it('nobody', async () => {
    const port = await unusedPort();
    expect(await tcpCheck({ type: 'tcp', host: '127.0.0.1', port, ...TIMING })(never)).toBe(
      'connection refused',
    );
  });

  it('a host that does not exist', async () => {
    const host = 'no-such-host.invalid';
    expect(await tcpCheck({ type: 'tcp', host, port: 80, ...TIMING })(never)).toBe('unknown host');
  });
});

describe('what the command check sees', () => {
  const seen = (result: Partial<CommandResult>) =>
    commandCheck({ type: 'command', argv: ['x'], ...TIMING }, () =>
      Promise.resolve({
        stdout: Buffer.from('checking\n'),
        stderr: Buffer.from('not yet\n'),
        durationMs: 1,
        ...result,
      } as CommandResult),
    )(never);

  it.each<[Partial<CommandResult>, string | null]>([
    [{ termination: 'exited', exitCode: 0 }, null],
    [{ termination: 'exited', exitCode: 2 }, 'the check exited with status 2: not yet'],
    [{ termination: 'signalled', signal: 'SIGSEGV' }, 'the check was killed by SIGSEGV: not yet'],
    [
      { termination: 'not-started', reason: 'command not found: x' },
      'the check could not run: command not found: x',
    ],
    [{ termination: 'connection-lost', reason: 'reset' }, 'the check could not run: reset'],
    [{ termination: 'cancelled' }, 'the check did not end'],
  ])('%o', async (result, wanted) => {
    expect(await seen(result)).toBe(wanted);
  });
});

describe('asking again and again', () => {
  const scripted = (answers: readonly (string | null)[]): Check & { asked: () => number } => {
    let asked = 0;
    const check = () => Promise.resolve(answers[asked++] ?? null);
    return Object.assign(check, { asked: () => asked });
  };
  const limit = <T>(work: () => Promise<T>) => work();

  it('asks at once, then after pauses that double up to the interval', async () => {
    const clock = createManualClock();
    const check = scripted(['no', 'no', 'no', 'no', null]);
    const ready = poll(check, { clock, intervalMs: 150, consecutivePasses: 1, limit }).wait(
      never,
      () => undefined,
    );
    await clock.advance(0);
    expect(check.asked()).toBe(1);
    for (const [index, pause] of [50, 100, 150, 150].entries()) {
      await clock.advance(pause - 1);
      expect(check.asked()).toBe(index + 1);
      await clock.advance(1);
      expect(check.asked()).toBe(index + 2);
    }
    expect(await ready).toBe(true);
    expect(clock.remaining).toEqual([]);
  });

  it('wants as many passes in a row as asked for', async () => {
    const clock = createManualClock();
    const check = scripted([null, null, 'down', null, null, null]);
    const seen: string[] = [];
    const options = { clock, intervalMs: 100, consecutivePasses: 3, limit };
    const ready = poll(check, options).wait(never, (text) => seen.push(text));
    await clock.advance(1_000);
    expect(await ready).toBe(true);
    expect(check.asked()).toBe(6);
    expect(seen).toEqual([
      'passed 1 of 3 times in a row',
      'passed 2 of 3 times in a row',
      'down',
      'passed 1 of 3 times in a row',
      'passed 2 of 3 times in a row',
    ]);
  });

  it('cuts off a check that gets no answer, and goes on', async () => {
    const clock = createManualClock();
    let asked = 0;
    const hanging: Check = (signal) =>
      new Promise((resolve) => {
        asked += 1;
        if (asked === 2) resolve(null);
        signal.addEventListener('abort', () => resolve('aborted'));
      });
    const seen: string[] = [];
    const options = { clock, intervalMs: 100, consecutivePasses: 1, limit };
    const ready = poll(hanging, options).wait(never, (text) => seen.push(text));
    await clock.advance(20_000);
    expect(await ready).toBe(true);
    expect(seen).toEqual(['no answer within 10 s']);
  });

  it('does not wait for its turn when it is cancelled', async () => {
    const cancel = new AbortController();
    const options = { clock: systemClock, intervalMs: 1, consecutivePasses: 1 };
    const waiting = poll(scripted([]), {
      ...options,
      limit: () => new Promise(() => undefined),
    }).wait(cancel.signal, () => undefined);
    cancel.abort();
    expect(await waiting).toBe(false);
  });
});

describe('probes that are told', () => {
  async function* of<T>(...values: T[]): AsyncGenerator<T> {
    for (const value of values) yield await Promise.resolve(value);
  }

  it('the container probe passes on why the service is unhealthy', async () => {
    const seen: string[] = [];
    const probe = containerProbe(() =>
      of({ type: 'unhealthy', message: 'status 7' }, { type: 'healthy' }),
    );
    expect(await probe.wait(never, (text) => seen.push(text))).toBe(true);
    expect(seen).toEqual(['starting', 'unhealthy: status 7']);
  });

  it('the log probe waits for its deadline where the log ended without the line', async () => {
    const cancel = new AbortController();
    const probe = logProbe({ type: 'log', pattern: 'ready', ...TIMING }, () => of('a', 'b'));
    const waiting = probe.wait(cancel.signal, () => undefined);
    const first = await Promise.race([
      waiting,
      new Promise((resolve) => setTimeout(resolve, 20, 'waits')),
    ]);
    expect(first).toBe('waits');
    cancel.abort();
    expect(await waiting).toBe(false);
  });

  it('no readiness is ready at once', async () => {
    const probe = createProbe({ type: 'none', ...TIMING }, {} as never);
    expect(await probe.wait(never, () => undefined)).toBe(true);
  });
});
