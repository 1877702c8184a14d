import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { StampedEvent } from '../../../../src/model/event.js';
import type { FailureRecord } from '../../../../src/model/result.js';
import { createWebhookReporter } from '../../../../src/report/webhook/webhook.js';
import type { WebhookMessage } from '../../../../src/report/webhook/message.js';
import type { WebhookSpec } from '../../../../src/model/webhook.js';

interface Received {
  readonly message: WebhookMessage;
  readonly headers: IncomingMessage['headers'];
}

/** A real server; `answer` says what becomes of each request, from 1 on. */
async function startServer(
  answer: (response: ServerResponse, number: number) => void,
): Promise<{ readonly url: string; readonly received: readonly Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ message: JSON.parse(body) as WebhookMessage, headers: request.headers });
      answer(response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/services/T/B/X`, received };
}

const FAILURE: FailureRecord = {
  kind: 'script_failed',
  message: 'run_test.sh exited with status 7 <& more>',
  hint: null,
  node: 'node1',
  service: null,
  output: ['no such model'],
};
const outcome = { attempts: 1, duration_s: 12, reason: null };

function runOf(statuses: readonly ('completed' | 'failed' | 'cancelled')[]): StampedEvent[] {
  const at = '2026-06-01T19:04:11.000Z';
  const scenarios = statuses.map((status, index) => ({
    ...outcome,
    name: `s${index + 1}`,
    status,
    failure: status === 'failed' ? FAILURE : null,
  }));
  const hasFailed = statuses.includes('failed');
  return [
    {
      at,
      type: 'suite_started',
      run: '20260601_190411',
      results_path: '/r',
      nodes: [],
      scenarios: [],
    },
    ...scenarios.map(({ name, ...rest }): StampedEvent => ({
      at,
      type: 'scenario_finished',
      scenario: name,
      ...rest,
      metrics: [],
      results_path: `/r/${name}`,
    })),
    {
      at,
      type: 'suite_finished',
      run: '20260601_190411',
      status: hasFailed ? 'failed' : 'completed',
      exit_code: hasFailed ? 1 : 0,
      duration_s: 24,
      results_path: '/r',
      scenarios,
      warnings: [],
    },
  ];
}

/** Tells a webhook of a whole run. @returns What it warned of. */
async function tell(
  webhook: Partial<WebhookSpec> & Pick<WebhookSpec, 'url'>,
  events: readonly StampedEvent[],
  closeMs = 15_000,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const reporter = createWebhookReporter(
    { on: ['suite_finished', 'scenario_failed'], timeoutMs: 5_000, headers: {}, ...webhook },
    {
      host: 'bench01',
      warn: (message) => warnings.push(message),
      ...{ onWaiting: () => undefined, signal: new AbortController().signal },
      ...{ pausesMs: [5, 5], closeMs },
    },
  );
  for (const event of events) reporter.on(event);
  await reporter.close();
  return warnings;
}

const isOk = (response: ServerResponse) => response.end('ok');

describe('the webhook reporter', () => {
  it('tells of a failed scenario and of the end of the run, for people in Slack and for programs', async () => {
    const { url, received } = await startServer(isOk);
    const events = runOf(['completed', 'failed', 'cancelled']);
    expect(await tell({ url, headers: { 'x-team': 'inference' } }, events)).toEqual([]);
    expect(received.map(({ message }) => message.event)).toEqual([
      'scenario_failed',
      'suite_finished',
    ]);
    const [scenario, suite] = received.map(({ message }) => message);
    expect(scenario).toMatchObject({
      text: 'playbook: scenario s2 failed on bench01: node1: run_test.sh exited with status 7 <& more>',
      scenarios: [{ name: 's2' }],
      results_path: '/r/s2',
    });
    expect(suite).toMatchObject({
      text: 'playbook: run 20260601_190411 failed on bench01 after 24 s, 1 of 3 scenarios did not complete: node1: run_test.sh exited with status 7 <& more>',
      ...{ run: '20260601_190411', host: 'bench01', status: 'failed', exit_code: 1 },
      ...{ duration_s: 24, results_path: '/r', failure: FAILURE },
    });
    expect(suite?.scenarios).toHaveLength(3);
    const texts = suite?.blocks.map((block) => ('text' in block ? block.text.text : ''));
    expect(texts?.join('\n')).toContain(
      '• *s2* failed after 12 s: node1: run_test.sh exited with status 7 &lt;&amp; more&gt;',
    );
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-team': 'inference',
    });
  });

  it('says for whom the end of a run waits, and gives that up at once when the run is to stop', async () => {
    const { url } = await startServer(() => undefined);
    const stop = new AbortController();
    const warnings: string[] = [];
    const waits: [string, number][] = [];
    const reporter = createWebhookReporter(
      { on: ['suite_finished'], timeoutMs: 600_000, headers: {}, url },
      {
        ...{ host: 'bench01', signal: stop.signal, closeMs: 600_000, tellMs: 10 },
        warn: (message) => warnings.push(message),
        onWaiting: (reason, waitMs) => {
          waits.push([reason, waitMs]);
          stop.abort();
        },
      },
    );
    for (const event of runOf(['completed'])) reporter.on(event);
    await reporter.close();
    const { host } = new URL(url);
    expect(waits).toEqual([[`for the webhook on ${host}`, 599_990]]);
    expect(warnings).toEqual([
      `the webhook on ${host} was not told of the end of the run: it was given up`,
    ]);
  });

  it('tells of failed runs only, where it is asked for no more', async () => {
    const { url, received } = await startServer(isOk);
    await tell({ url, on: ['suite_failed'] }, runOf(['completed']));
    expect(received).toEqual([]);
    await tell({ url, on: ['suite_failed'] }, runOf(['failed']));
    expect(received.map(({ message }) => message.event)).toEqual(['suite_failed']);
  });

  it('stays within what Slack takes, however much there is to say', async () => {
    const { url, received } = await startServer(isOk);
    const [start, , end] = runOf(['failed']) as [StampedEvent, StampedEvent, StampedEvent];
    const failure = { ...FAILURE, message: 'x'.repeat(5_000) };
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...outcome,
      name: `s${index}`,
      status: 'failed' as const,
      failure,
    }));
    await tell({ url }, [start, { ...end, scenarios: many } as StampedEvent]);
    const { blocks = [], scenarios } = received[0]?.message ?? {};
    expect(blocks.length).toBeGreaterThan(1);
    expect(blocks.length).toBeLessThan(50);
    for (const block of blocks) {
      const text = 'text' in block ? block.text.text : (block.elements[0]?.text ?? '');
      expect(text.length).toBeGreaterThan(0);
      expect(text.length).toBeLessThanOrEqual(3_000);
    }
    expect(scenarios).toHaveLength(200);
  });

  it('tries again after a fault of the server', async () => {
    const { url, received } = await startServer((response, number) => {
      if (number === 1) response.writeHead(500);
      if (number === 2) response.writeHead(429, { 'retry-after': '0' });
      response.end('ok');
    });
    expect(await tell({ url }, runOf(['completed']))).toEqual([]);
    expect(received).toHaveLength(3);
  });

  it('does not try again what was refused, and says what the server said, not where', async () => {
    const { url, received } = await startServer((response) => {
      response.writeHead(404).end('no_service');
    });
    const warnings = await tell({ url }, runOf(['completed']));
    expect(received).toHaveLength(1);
    expect(warnings).toEqual([
      `the webhook on ${new URL(url).host} was not told of the end of the run: it answered 404: no_service`,
    ]);
  });

  it('tries three times where nobody answers, and once only from then on', async () => {
    const { url, received } = await startServer(() => undefined);
    const warnings = await tell({ url, timeoutMs: 50 }, runOf(['failed']));
    expect(received).toHaveLength(4);
    expect(warnings).toEqual([
      `the webhook on ${new URL(url).host} was not told of a failed scenario: no answer within 0.05 s`,
      `the webhook on ${new URL(url).host} was not told of the end of the run: no answer within 0.05 s`,
    ]);
  });

  it('does not keep the end of a run waiting for longer than it may', async () => {
    const { url } = await startServer(() => undefined);
    const begin = performance.now();
    const warnings = await tell({ url, timeoutMs: 60_000 }, runOf(['failed', 'failed']), 100);
    expect(performance.now() - begin).toBeLessThan(3_000);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toContain('it was given up');
  });

  it('survives an answer that never ends', async () => {
    const { url } = await startServer((response) => {
      response.writeHead(403);
      const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const [warning] = await tell({ url, timeoutMs: 2_000 }, runOf(['completed']));
    expect(warning).toContain(`it answered 403: ${'x'.repeat(200)}`);
    expect(warning?.length).toBeLessThan(400);
  });

  it('warns where nobody listens', async () => {
    const { url } = await startServer(isOk);
    const { port } = new URL(url);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const free = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    const [warning] = await tell({ url: url.replace(port, String(free)) }, runOf(['completed']));
    expect(warning).toContain('ECONNREFUSED');
    expect(warning).not.toContain('/services/');
  });
});

describe('a proxy that the environment names', () => {
  const withProxy = (address: string) => {
    vi.stubEnv('http_proxy', address);
    vi.stubEnv('no_proxy', '');
    onTestFinished(() => void vi.unstubAllEnvs());
  };

  it('may be written without a scheme, as curl takes it', async () => {
    const { received, url } = await startServer(isOk);
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url: target = '' }: IncomingMessage, socket: Socket) => {
      asked.push(target);
      const [, port] = target.split(':');
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    withProxy(`127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    expect(await tell({ url }, runOf(['completed']))).toEqual([]);
    expect(received).toHaveLength(1);
    expect(asked).toEqual([new URL(url).host]);
  });

  it('and is no address costs the message, and nothing else', async () => {
    const { received, url } = await startServer(isOk);
    withProxy('http://[half');
    expect(await tell({ url }, runOf(['completed']))).toEqual([
      `the webhook on ${new URL(url).host} was not told of the end of the run: the proxy that the environment names cannot be used: Invalid URL`,
    ]);
    expect(received).toEqual([]);
  });
});
