/**
 * A server whose answers are timed by a script and that notes when it really sent each token. It runs in a process of
 * its own, so that it and the load generator do not wait for each other, and speaks just enough HTTP by itself to cost
 * little: what it costs, the measurement would show as an error.
 *
 * Started with `fork`: tells its port, and answers `report` with what it noted since the last time.
 */
import { createServer, type Socket } from 'node:net';

import { createArrivalClock } from '../../src/benchmark/load/request/arrival-clock.js';

/** When one request arrived and its tokens were sent, in ms of this process's clock. */
export interface Truth {
  readonly id: string;
  readonly arrivedMs: number;
  readonly sentMs: readonly number[];
}

/** `spread`: every stream has a rhythm of its own; `in-step`: all streams get their tokens together, as from a batch. */
export type Rhythm = 'spread' | 'in-step';

const TTFT_MS = 60;
const ITL_MS = 20;

const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const TOKEN = toChunk(
  `data: ${JSON.stringify({
    id: 'cmpl-0123456789abcdef',
    object: 'text_completion',
    created: 1754523863,
    model: 'scripted',
    choices: [{ index: 0, text: ' token', logprobs: null, finish_reason: null }],
  })}\n\n`,
);
const FIRST_TOKEN = Buffer.concat([Buffer.from(HEAD), TOKEN]);
const END = Buffer.concat([toChunk('data: [DONE]\n\n'), Buffer.from('0\r\n\r\n')]);

function toChunk(event: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`);
}

const rhythm = (process.argv[2] ?? 'spread') as Rhythm;
const arrivalMs = createArrivalClock(() => performance.now());
const active = new Set<() => void>();
let truths: Truth[] = [];

function answer(socket: Socket, id: string, tokens: number, arrivedMs: number): void {
  const sentMs: number[] = [];
  truths.push({ id, arrivedMs, sentMs });
  const sendToken = () => {
    sentMs.push(performance.now());
    socket.write(sentMs.length === 1 ? FIRST_TOKEN : TOKEN);
    if (sentMs.length < tokens) return false;
    socket.write(END);
    return true;
  };
  const wait = (untilMs: number, then: () => void) => setTimeout(then, untilMs - performance.now());
  if (rhythm === 'in-step') {
    const step = () => {
      if (sendToken()) active.delete(step);
    };
    wait(arrivedMs + TTFT_MS, () => active.add(step));
    return;
  }
  const tick = () => {
    if (!sendToken()) wait(arrivedMs + TTFT_MS + sentMs.length * ITL_MS, tick);
  };
  wait(arrivedMs + TTFT_MS, tick);
}

function runSteps(): void {
  let nextMs = performance.now();
  const step = () => {
    for (const send of [...active]) send();
    nextMs += ITL_MS;
    setTimeout(step, Math.max(0, nextMs - performance.now()));
  };
  step();
}

const server = createServer({ noDelay: true }, (socket) => {
  let received = '';
  // The load generator closes its connections when it is through.
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    const atMs = arrivalMs();
    received += bytes.toString('latin1');
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = received.slice(0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    const body = received.slice(headEnd + 4, headEnd + 4 + length);
    if (body.length < length) return;
    received = '';
    const id = /x-request-id: (\S+)/i.exec(head)?.[1] ?? '';
    const { max_tokens: tokens } = JSON.parse(body) as { max_tokens: number };
    answer(socket, id, tokens, atMs);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 }, () => {
  if (rhythm === 'in-step') runSteps();
  process.send?.(server.address());
});
process.on('message', () => {
  process.send?.(truths);
  truths = [];
});
process.on('disconnect', () => process.exit());
