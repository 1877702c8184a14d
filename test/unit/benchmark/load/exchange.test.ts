import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  openTransport,
  type Transport,
  type TransportOptions,
} from '../../../../src/benchmark/load/request/exchange.js';
import type { RequestOutcome } from '../../../../src/benchmark/load/request/outcome.js';

/** A server that says, byte for byte, what a test wants. */
interface RawServer {
  readonly port: number;
  /** What the next connection's first request is answered with. */
  answer: (socket: Socket, request: string) => void;
  connections: number;
}

let server: Server;
let raw: RawServer;
let transport: Transport | undefined;
const sockets = new Set<Socket>();

beforeEach(async () => {
  server = createServer((socket) => {
    raw.connections += 1;
    sockets.add(socket);
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      received += bytes.toString();
      const headEnd = received.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Infinity);
      if (headEnd < 0 || received.length < headEnd + 4 + length) return;
      const request = received;
      received = '';
      raw.answer(socket, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  raw = { port, answer: () => undefined, connections: 0 };
});

afterEach(async () => {
  await transport?.close();
  transport = undefined;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
});

function open(options: Partial<TransportOptions> = {}): Transport {
  transport = openTransport({
    url: new URL(`http://127.0.0.1:${raw.port}/v1/completions`),
    timeoutMs: 10_000,
    maxConnections: null,
    apiKey: null,
    now: () => performance.now(),
    ...options,
  });
  return transport;
}

function send(over: Transport): { outcome: Promise<RequestOutcome>; cancel: () => void } {
  let cancel: () => void = () => undefined;
  const outcome = new Promise<RequestOutcome>((resolve) => {
    cancel = over.send(Buffer.from('{"prompt":"Hi"}'), 'id-1', resolve);
  });
  return { outcome, cancel };
}

const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';
const TOKEN = 'data: {"choices":[{"text":"a"}]}\n\n';
const LAST = 'data: {"choices":[{"text":"b","finish_reason":"length"}]}\n\n';
const DONE = 'data: [DONE]\n\n';
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const chunked = (...texts: string[]) =>
  `${STREAM_HEAD}transfer-encoding: chunked\r\n\r\n${texts.map(chunk).join('')}`;
const END = '0\r\n\r\n';

async function failureOf(answer: RawServer['answer'], options: Partial<TransportOptions> = {}) {
  raw.answer = answer;
  const outcome = await send(open(options)).outcome;
  if (outcome.status !== 'failed') throw new Error(`it ${outcome.status}`);
  return outcome.failure;
}

describe('a request', () => {
  it('completes with the times of its tokens, after it was sent', async () => {
    let request = '';
    raw.answer = (socket, given) => {
      request = given;
      socket.write(chunked(TOKEN + TOKEN, LAST, DONE) + END);
    };
    const outcome = await send(open({ apiKey: 'k3y' })).outcome;
    if (outcome.status !== 'completed') throw new Error(JSON.stringify(outcome));
    expect(outcome.tokenTimesMs).toHaveLength(3);
    // Getting the connection took its time, which does not count.
    expect(outcome.startedMs).toBeLessThan(outcome.sentMs);
    expect(outcome.sentMs).toBeLessThan(outcome.tokenTimesMs[0] ?? 0);
    expect(outcome.completedMs).toBe(outcome.tokenTimesMs[2]);
    expect(request).toMatch(/^POST \/v1\/completions HTTP\/1\.1\r\n/);
    expect(request).toContain('authorization: Bearer k3y\r\n');
    expect(request).toContain('x-request-id: id-1\r\n');
    expect(request).toMatch(/\r\n\r\n{"prompt":"Hi"}$/);
  });

  it('keeps its connection for the next one, and never opens more than allowed', async () => {
    raw.answer = (socket) => socket.write(chunked(TOKEN, DONE) + END);
    const over = open({ maxConnections: 2 });
    // As under load: the next request is sent in the very moment in which one ends.
    await new Promise<void>((resolve) => {
      let left = 10;
      const next = () => {
        left -= 1;
        if (left === 0) resolve();
        else over.send(Buffer.from('{}'), 'id', next);
      };
      next();
      over.send(Buffer.from('{}'), 'id', () => undefined);
    });
    expect(raw.connections).toBe(2);
  });

  it('is complete once the server said so, even if the connection is cut then', async () => {
    raw.answer = (socket) => {
      socket.write(chunked(TOKEN, LAST), () => socket.destroy());
    };
    expect(await send(open()).outcome).toMatchObject({ status: 'completed' });
  });

  it('reads an answer that ends with its connection', async () => {
    raw.answer = (socket) => socket.end(`${STREAM_HEAD}\r\n${TOKEN}${LAST}${DONE}`);
    expect(await send(open()).outcome).toMatchObject({ status: 'completed' });
  });

  it('is sent again, once, where the server has closed the connection that it had kept', async () => {
    let requests = 0;
    raw.answer = (socket) => {
      requests += 1;
      if (requests === 2) socket.destroy();
      else socket.write(chunked(TOKEN, LAST, DONE) + END);
    };
    const over = open({ maxConnections: 1 });
    expect(await send(over).outcome).toMatchObject({ status: 'completed' });
    expect(await send(over).outcome).toMatchObject({ status: 'completed' });
    expect(over.resent()).toBe(1);
    raw.answer = (socket) => socket.destroy();
    expect(await send(over).outcome).toMatchObject({ failure: { kind: 'connection_reset' } });
  });

  it('is cancelled on demand, and its connection closed', async () => {
    const closed = new Promise<void>((resolve) => {
      raw.answer = (socket) => {
        socket.on('close', () => resolve());
        socket.write(chunked(TOKEN));
        cancel();
      };
    });
    const { outcome, cancel } = send(open());
    expect(await outcome).toMatchObject({ status: 'cancelled' });
    await closed;
  });
});

describe('a request fails', () => {
  it('with connection_refused where nobody listens', async () => {
    server.close();
    const failure = await failureOf(() => undefined);
    expect(failure.kind).toBe('connection_refused');
    expect(failure.message).toContain(`127.0.0.1:${raw.port}`);
  });

  it('with connection_failed where the name is unknown', async () => {
    const failure = await failureOf(() => undefined, { url: new URL('http://nowhere.invalid/x') });
    expect(failure.kind).toBe('connection_failed');
  });

  it('with connection_reset where the connection is cut before the answer', async () => {
    expect((await failureOf((socket) => socket.resetAndDestroy())).kind).toBe('connection_reset');
    expect((await failureOf((socket) => socket.destroy())).kind).toBe('connection_reset');
  });

  it('with connection_reset where it is reset during the answer', async () => {
    const failure = await failureOf((socket) => {
      socket.write(chunked(TOKEN), () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
    expect(failure.kind).toBe('connection_reset');
  });

  it.each([
    ['the connection ends in the middle', chunked(TOKEN, TOKEN)],
    ['the connection ends in the middle of a chunk', chunked(TOKEN).slice(0, -10)],
    ['the answer ends without [DONE]', chunked(TOKEN, TOKEN) + END],
    ['fewer bytes come than announced', `${STREAM_HEAD}content-length: 999\r\n\r\n${TOKEN}`],
    ['it ends with its connection, unfinished', `${STREAM_HEAD}\r\n${TOKEN}`],
  ])('with truncated where %s', async (_what, answer) => {
    const failure = await failureOf((socket) => socket.end(answer));
    expect(failure).toMatchObject({
      kind: 'truncated',
      message: expect.stringMatching(
        /(after \d token|before the first token|without \[DONE\])/,
      ) as string,
    });
  });

  it.each([
    [
      'a status with a body',
      'HTTP/1.1 503 Busy\r\ncontent-length: 17\r\n\r\n{"error":\n"full"}',
      503,
      'HTTP 503: {"error": "full"}',
    ],
    [
      'a status without one',
      'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n',
      404,
      'HTTP 404',
    ],
    [
      'a redirect',
      'HTTP/1.1 307 Moved\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n',
      307,
      'HTTP 307',
    ],
  ])('with http_status at %s', async (_what, answer, status, message) => {
    const failure = await failureOf((socket) => socket.write(answer));
    expect(failure).toEqual({ kind: 'http_status', status, message });
  });

  it('with timeout where the answer takes too long, telling how far it came', async () => {
    const failure = await failureOf((socket) => socket.write(chunked(TOKEN, TOKEN)), {
      timeoutMs: 60,
    });
    expect(failure).toEqual({
      kind: 'timeout',
      message: 'no complete answer within 0.06 s; stopped after 2 tokens',
      status: null,
    });
  });

  it('with empty_answer where it is complete and holds nothing', async () => {
    expect((await failureOf((socket) => socket.write(chunked(DONE) + END))).kind).toBe(
      'empty_answer',
    );
    expect(
      (await failureOf((socket) => socket.write(`${STREAM_HEAD}content-length: 0\r\n\r\n`))).kind,
    ).toBe('empty_answer');
  });

  it('with malformed_answer at once, without waiting for the rest', async () => {
    const failure = await failureOf((socket) => socket.write(chunked(TOKEN, 'data: {oh no\n\n')));
    expect(failure.kind).toBe('malformed_answer');
    expect((await failureOf((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))).kind).toBe(
      'malformed_answer',
    );
  });

  it('with server_error where the stream tells of one', async () => {
    const failure = await failureOf((socket) =>
      socket.write(chunked(TOKEN, 'data: {"error":{"message":"out of memory"}}\n\n', DONE) + END),
    );
    expect(failure.kind).toBe('server_error');
  });

  it('without repeating the key that a server refuses', async () => {
    const key = 'sk-very-secret';
    const long = `${'x'.repeat(295)} ${key}`;
    const inBody = await failureOf(
      (socket) => socket.write(`HTTP/1.1 401 No\r\ncontent-length: ${long.length}\r\n\r\n${long}`),
      { apiKey: key },
    );
    const inStream = await failureOf(
      (socket) => socket.write(chunked(`data: {"error":"bad key ${key}"}\n\n`)),
      { apiKey: key },
    );
    for (const { message } of [inBody, inStream]) {
      expect(message).not.toContain('very');
      expect(message).not.toContain('sk-');
    }
    expect(inStream.message).toContain('bad key ***');
  });
});
