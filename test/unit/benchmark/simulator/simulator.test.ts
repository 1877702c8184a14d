import { request as httpRequest } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Clock, systemClock } from '../../../../src/async/clock.js';
import type { EngineOptions, RouterOptions } from '../../../../src/benchmark/simulator/options.js';
import { startSimulator } from '../../../../src/benchmark/simulator/simulator.js';

const engine: EngineOptions = {
  role: 'engine',
  model: 'sim',
  timing: { prefillMsPerToken: 0, decodeMs: 0.2, decodeMsPerSequence: 0, jitter: 0 },
  limits: { maxBatch: 8, maxPrefillTokens: 1000 },
  maxModelLen: 100,
  meanOutputTokens: 10,
  failRate: 0,
  dropRate: 0,
  startupDelayMs: 0,
  seed: 1,
};

async function start(
  options: Partial<EngineOptions> | ({ role: 'router' } & RouterOptions) = {},
  clock: Clock = systemClock,
) {
  const settings = options.role === 'router' ? options : { ...engine, ...options };
  const started = await startSimulator(settings, '127.0.0.1', 0, clock);
  if (!started.ok) throw new Error(started.failure.message);
  onTestFinished(() => started.value.close());
  return started.value;
}

const post = (url: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

interface Chunk {
  readonly choices: readonly {
    readonly text?: string;
    readonly delta?: { readonly role?: string; readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: unknown;
  readonly system_fingerprint?: string;
}

/** The events of a stream; the last is `[DONE]`. */
async function eventsOf(response: Response): Promise<(Chunk | '[DONE]')[]> {
  const text = await response.text();
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n\n')
    .map((event) => event.replace(/^data: /, ''))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as Chunk)));
}

describe('a simulated engine', () => {
  it('streams exactly as many tokens as asked for, then usage, then [DONE]', async () => {
    const { url } = await start();
    const response = await post(url, '/v1/completions', {
      model: 'sim',
      prompt: 'one two  three',
      max_tokens: 4,
      ignore_eos: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = await eventsOf(response);
    expect(events).toHaveLength(6);
    expect(events.slice(0, 4)).toEqual(
      [null, null, null, 'length'].map((finish): unknown =>
        expect.objectContaining({
          object: 'text_completion',
          model: 'sim',
          system_fingerprint: 'playbook-simulator',
          choices: [
            {
              index: 0,
              text: expect.stringMatching(/^ [a-z]+$/) as string,
              logprobs: null,
              finish_reason: finish,
            },
          ],
        }),
      ),
    );
    expect(events[4]).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    });
    expect(events[5]).toBe('[DONE]');
  });

  it('streams chats, naming the role first, without usage where nobody asked', async () => {
    const { url } = await start();
    const events = await eventsOf(
      await post(url, '/v1/chat/completions', {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello there' }] }],
        max_completion_tokens: 2,
        ignore_eos: true,
        stream: true,
      }),
    );
    const deltas = events.map((event) => (event === '[DONE]' ? event : event.choices[0]?.delta));
    expect(deltas).toEqual([
      { role: 'assistant', content: '' },
      { content: expect.any(String) as string },
      { content: expect.any(String) as string },
      '[DONE]',
    ]);
  });

  it('answers whole where no stream was asked for', async () => {
    const { url } = await start();
    const completion = await post(url, '/v1/completions', {
      prompt: [1, 2, 3, 4],
      max_tokens: 3,
      ignore_eos: true,
    });
    expect(await completion.json()).toMatchObject({
      object: 'text_completion',
      choices: [
        { text: expect.stringMatching(/^( [a-z]+){3}$/) as string, finish_reason: 'length' },
      ],
      usage: { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 },
    });
    const chat = await post(url, '/v1/chat/completions', {
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 2,
      ignore_eos: true,
    });
    expect(await chat.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant' }, finish_reason: 'length' }],
    });
  });

  it('ends answers by itself where it may, in the same way for the same seed', async () => {
    const lengths = async () => {
      const { url } = await start({ meanOutputTokens: 5 });
      const found: [number, string][] = [];
      for (let index = 0; index < 12; index += 1) {
        const response = await post(url, '/v1/completions', { prompt: 'a', max_tokens: 8 });
        const { usage, choices } = (await response.json()) as {
          usage: { completion_tokens: number };
          choices: [{ finish_reason: string }];
        };
        found.push([usage.completion_tokens, choices[0].finish_reason]);
      }
      return found;
    };
    const first = await lengths();
    expect(first).toEqual(await lengths());
    expect(first.some(([tokens, reason]) => tokens < 8 && reason === 'stop')).toBe(true);
    expect(first.some(([tokens, reason]) => tokens === 8 && reason === 'length')).toBe(true);
  });

  it('says that it is a simulator, in its health and its list of models', async () => {
    const { url } = await start();
    const health = await fetch(`${url}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ engine: 'playbook-simulator', role: 'engine' });
    expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
      object: 'list',
      data: [{ id: 'sim', owned_by: 'playbook-simulator', max_model_len: 100 }],
    });
  });

  it('is unavailable until it has started', async () => {
    let elapsed = 0;
    const clock = { ...systemClock, monotonic: () => performance.now() + elapsed };
    const { url } = await start({ startupDelayMs: 60_000 }, clock);
    for (const path of ['/health', '/v1/models']) {
      expect((await fetch(url + path)).status).toBe(503);
    }
    elapsed = 60_000;
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it.each([
    [{ prompt: 'a', model: 'other' }, 404, 'The model \\"other\\" does not exist.'],
    [{ prompt: 'a', n: 2 }, 400, 'n must be 1'],
    [{ prompt: 'a', max_tokens: 0 }, 400, 'max_tokens: expected a whole number'],
    [{ prompt: 'a', max_tokens: 100 }, 400, 'together at most 100 are possible'],
    [{ prompt: 7 }, 400, 'prompt: expected'],
    [{ prompt: ['a', 'b'] }, 400, 'prompt: expected'],
    ['{', 400, 'not a JSON object'],
    ['[]', 400, 'not a JSON object'],
  ])('refuses %j as an engine would', async (body, status, message) => {
    const { url } = await start();
    const response = await post(url, '/v1/completions', body);
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(text).toContain(message);
    expect(JSON.parse(text)).toMatchObject({ error: { code: status } });
  });

  it('knows no other paths', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/v1/embeddings`)).status).toBe(404);
    expect((await fetch(`${url}/v1/completions`)).status).toBe(404);
  });

  it('fails and cuts off as many requests as it was told to', async () => {
    const failing = await start({ failRate: 1 });
    expect((await post(failing.url, '/v1/completions', { prompt: 'a' })).status).toBe(500);

    const dropping = await start({ dropRate: 1 });
    const response = await post(dropping.url, '/v1/completions', {
      prompt: 'a',
      max_tokens: 10,
      ignore_eos: true,
      stream: true,
    });
    await expect(response.text()).rejects.toThrow();
  });

  it('gives the place of a client that went away to the next', async () => {
    const { url } = await start({
      limits: { maxBatch: 1, maxPrefillTokens: 1000 },
      timing: { ...engine.timing, decodeMs: 20 },
      maxModelLen: 1_000_000,
    });
    const body = { prompt: 'a', max_tokens: 900_000, ignore_eos: true, stream: true };
    await new Promise<void>((resolve, reject) => {
      const first = httpRequest(`${url}/v1/completions`, { method: 'POST' }, (response) => {
        response.once('data', () => first.destroy());
        response.once('error', () => resolve());
      });
      first.on('error', reject);
      first.end(JSON.stringify(body));
    });
    const second = await post(url, '/v1/completions', { ...body, max_tokens: 1, stream: false });
    expect(second.status).toBe(200);
  });

  it('breaks off its answers when it is closed, and frees its port', async () => {
    const first = await start({ timing: { ...engine.timing, decodeMs: 50 } });
    const response = await post(first.url, '/v1/completions', {
      prompt: 'a',
      max_tokens: 90,
      ignore_eos: true,
      stream: true,
    });
    await first.close();
    await expect(response.text()).rejects.toThrow();
    const { port } = new URL(first.url);
    const again = await startSimulator(engine, '127.0.0.1', Number(port), systemClock);
    if (!again.ok) throw new Error(again.failure.message);
    await again.value.close();
  });

  it('names the port that is taken', async () => {
    const { port } = new URL((await start()).url);
    const second = await startSimulator(engine, '127.0.0.1', Number(port), systemClock);
    expect(second).toMatchObject({
      ok: false,
      failure: {
        kind: 'port_taken',
        message: `port ${port} on 127.0.0.1 is already in use`,
        hint: expect.stringContaining('--port') as string,
      },
    });
  });
});

describe('a simulated router', () => {
  const ask = { prompt: 'one two', max_tokens: 3, ignore_eos: true, stream: true };

  it('goes to a prefill worker first, then passes on what a decode worker streams', async () => {
    // Reading takes the prefill worker 80 ms, and the decode worker no time although it would be 8 s.
    const prefill = await start({
      role: 'prefill',
      timing: { ...engine.timing, prefillMsPerToken: 40 },
    });
    const decode = await start({
      role: 'decode',
      timing: { ...engine.timing, prefillMsPerToken: 4000 },
    });
    const router = await start({
      role: 'router',
      prefillUrls: [prefill.url],
      decodeUrls: [decode.url],
    });
    const startMs = performance.now();
    const events = await eventsOf(
      await post(router.url, '/v1/completions', {
        ...ask,
        stream_options: { include_usage: true },
      }),
    );
    const elapsedMs = performance.now() - startMs;
    expect(elapsedMs).toBeGreaterThan(79);
    expect(elapsedMs).toBeLessThan(4000);
    expect(events).toHaveLength(5);
    expect(events[3]).toMatchObject({ usage: { prompt_tokens: 2, completion_tokens: 3 } });
    const models = await fetch(`${router.url}/v1/models`);
    expect(await models.json()).toMatchObject({ data: [{ id: 'sim' }] });
  });

  it('makes a single token on a prefill worker, whatever is asked', async () => {
    const { url } = await start({ role: 'prefill' });
    const response = await post(url, '/v1/completions', { ...ask, stream: false });
    expect(await response.json()).toMatchObject({ usage: { completion_tokens: 1 } });
  });

  it('takes turns, and passes over a worker that is gone', async () => {
    const gone = await start();
    await gone.close();
    const workers = [await start({ model: 'a' }), await start({ model: 'b' })];
    const router = await start({
      role: 'router',
      prefillUrls: [],
      decodeUrls: [workers[0]?.url ?? '', gone.url, workers[1]?.url ?? ''],
    });
    const answered: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      const response = await post(router.url, '/v1/completions', { ...ask, stream: false });
      answered.push(((await response.json()) as { model: string }).model);
    }
    expect(answered).toEqual(['a', 'b', 'b', 'a', 'b', 'b']);
  });

  it('is healthy only while there is a healthy worker of each kind', async () => {
    const prefill = await start({ role: 'prefill' });
    const decode = await start({ role: 'decode' });
    const second = await start({ role: 'decode' });
    const router = await start({
      role: 'router',
      prefillUrls: [prefill.url],
      decodeUrls: [decode.url, second.url],
    });
    const health = async () => {
      const response = await fetch(`${router.url}/health`);
      const { upstreams } = (await response.json()) as { upstreams: { healthy: boolean }[] };
      return [response.status, ...upstreams.map(({ healthy }) => healthy)];
    };
    expect(await health()).toEqual([200, true, true, true]);
    await decode.close();
    expect(await health()).toEqual([200, true, false, true]);
    await prefill.close();
    expect(await health()).toEqual([503, false, false, true]);
    const response = await post(router.url, '/v1/completions', ask);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('No prefill worker can be reached');
  });

  it('passes on what a worker refuses', async () => {
    const worker = await start();
    const router = await start({ role: 'router', prefillUrls: [], decodeUrls: [worker.url] });
    const response = await post(router.url, '/v1/completions', { ...ask, model: 'other' });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('does not exist');
    expect((await post(router.url, '/v1/completions', '{')).status).toBe(400);
    expect((await fetch(`${router.url}/other`)).status).toBe(404);
  });

  it('cuts off its answer where the worker did', async () => {
    const worker = await start({ dropRate: 1 });
    const router = await start({ role: 'router', prefillUrls: [], decodeUrls: [worker.url] });
    const response = await post(router.url, '/v1/completions', { ...ask, max_tokens: 10 });
    await expect(response.text()).rejects.toThrow();
  });
});
