import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { BenchConfig } from '../../../../src/benchmark/load/config/bench-config.js';
import { loadConfigFile } from '../../../../src/benchmark/load/config/config-file.js';
import { parseFlag } from '../../../../src/benchmark/load/config/flags.js';
import {
  type BenchFlags,
  resolveBenchConfig,
} from '../../../../src/benchmark/load/config/resolve.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

async function load(text: string | Buffer) {
  const file = path.join(await makeTempFolder(), 'test_config.json');
  await writeFile(file, text);
  return { file, loaded: await loadConfigFile(file) };
}

/** Resolves a file's text with flags; problems with the folder left out of where they are. */
async function resolve(text: string, flags: BenchFlags = {}) {
  const { file, loaded } = await load(text);
  if (!loaded.ok) return { file, problems: [shorten(loaded.problem, file)] };
  const resolved = resolveBenchConfig(loaded.file, flags, '/work');
  return resolved.ok
    ? { file, config: resolved.config, problems: [] }
    : { file, problems: resolved.problems.map((problem) => shorten(problem, file)) };
}

function shorten({ where, message }: { where: string; message: string }, file: string): string {
  return `${where.replace(file, 'test_config.json')}: ${message}`;
}

describe('test_config.json', () => {
  it('needs no more than a base_url', async () => {
    const { config } = await resolve('{"base_url": "http://gpu1:8000/"}');
    expect(config).toEqual({
      baseUrl: 'http://gpu1:8000',
      model: null,
      endpoint: 'completions',
      dataset: 'random',
      numPrompts: 100,
      maxConcurrency: [null],
      requestRate: [Infinity],
      inputLen: 1024,
      outputLen: 128,
      ignoreEos: true,
      seed: 0,
      warmup: 0,
      timeoutMs: 600_000,
      extraBody: {},
      apiKeyEnv: null,
      metadata: {},
      label: null,
      allowFailures: 0,
    } satisfies BenchConfig);
  });

  it('takes every key, lists where they make a sweep, and keys of one’s own', async () => {
    const { config, file, problems } = await resolve(
      JSON.stringify({
        base_url: 'https://gpu1/openai/v1',
        model: 'meta/llama',
        endpoint: '/v2/generate',
        dataset: 'prompts.jsonl',
        num_prompts: 20,
        max_concurrency: [1, 8, 'unlimited'],
        request_rate: [2.5, 'inf'],
        input_len: 10,
        output_len: 20,
        seed: 3,
        warmup: 4,
        timeout: '90s',
        extra_body: { temperature: 0 },
        api_key_env: 'KEY',
        metadata: { tp: 8 },
        label: 'nightly',
        allow_failures: 0.01,
        'x-comment': 'ours',
      }),
    );
    expect(problems).toEqual([]);
    expect(config).toEqual({
      baseUrl: 'https://gpu1/openai/v1',
      model: 'meta/llama',
      endpoint: '/v2/generate',
      dataset: path.join(path.dirname(file), 'prompts.jsonl'),
      numPrompts: 20,
      maxConcurrency: [1, 8, null],
      requestRate: [2.5, Infinity],
      inputLen: 10,
      outputLen: 20,
      ignoreEos: false,
      seed: 3,
      warmup: 4,
      timeoutMs: 90_000,
      extraBody: { temperature: 0 },
      apiKeyEnv: 'KEY',
      metadata: { tp: 8 },
      label: 'nightly',
      allowFailures: 0.01,
    } satisfies BenchConfig);
  });

  it('gives way to flags key by key, and merges metadata', async () => {
    const { config } = await resolve(
      '{"base_url": "http://a:1", "num_prompts": 5, "max_concurrency": [1, 2], "ignore_eos": true, "metadata": {"a": 1, "b": 2}}',
      { base_url: 'http://b:2', max_concurrency: 4, ignore_eos: false, metadata: { b: '3' } },
    );
    expect(config).toMatchObject({
      baseUrl: 'http://b:2',
      numPrompts: 5,
      maxConcurrency: [4],
      ignoreEos: false,
      metadata: { a: 1, b: '3' },
    });
  });

  it('is relative to itself in its dataset, while a flag is relative to the working directory', async () => {
    const text = '{"base_url": "http://a:1", "dataset": "mine.jsonl"}';
    const { config, file } = await resolve(text);
    expect(config?.dataset).toBe(path.join(path.dirname(file), 'mine.jsonl'));
    const flagged = await resolve(text, { dataset: 'other.jsonl' });
    expect(flagged.config?.dataset).toBe('/work/other.jsonl');
  });

  it('reports everything that is wrong at once, with its place', async () => {
    const { problems } = await resolve(
      `{
  "base_url": "localhost:8000",
  "num_prompt": 5,
  "max_concurrency": [1, 0],
  "request_rate": -1,
  "seed": "abc",
  "timeout": "soon",
  "warmup": 1.5,
  "extra_body": {"stream": false},
  "api_key_env": "sk-123 abc",
  "metadata": []
}`,
      { num_prompts: 'many', metadata: 'nothing' },
    );
    expect(problems.sort()).toEqual([
      '--metadata: expected an object, such as {"key": "value"}, got "nothing"',
      '--num-prompts: expected a whole number, at least 1, got "many"',
      'test_config.json:10:3 api_key_env: expected the name of an environment variable, not the key itself, got "sk-123 abc"',
      'test_config.json:11:3 metadata: expected an object, such as {"key": "value"}, got []',
      'test_config.json:2:3 base_url: expected the URL of a server, such as http://127.0.0.1:8000, got "localhost:8000"',
      'test_config.json:3:3: unknown key num_prompt',
      'test_config.json:4:3 max_concurrency: expected a whole number, at least 1, or "unlimited", for each value of the list, got [1,0]',
      'test_config.json:5:3 request_rate: expected a number of requests per second above 0, or "inf", got -1',
      'test_config.json:6:3 seed: expected a whole number, at least 0, got "abc"',
      'test_config.json:7:3 timeout: expected a length of time above 0 and below 24 days: seconds, or "90s", "5m", "1h", got "soon"',
      'test_config.json:8:3 warmup: expected a whole number, at least 0, got 1.5',
      'test_config.json:9:3 extra_body: expected an object without "stream": latencies can only be measured on a stream, got {"stream":false}',
    ]);
  });

  it('names the nearest known key', async () => {
    const { loaded } = await load('{"base_url": "http://a:1", "max_concurency": 1}');
    if (!loaded.ok) throw new Error('it is JSON');
    const resolved = resolveBenchConfig(loaded.file, {}, '/');
    expect(resolved).toMatchObject({ problems: [{ hint: /did you mean max_concurrency\?/ }] });
  });

  it.each([
    ['{"dataset": "random"}', 'base_url is missing'],
    ['{"base_url": null}', 'base_url is missing'],
    ['{"base_url": "http://me:pw@a:1"}', 'without a user name or password'],
    ['{"base_url": "http://a:1?x=1"}', 'without ? and #'],
    ['{"base_url": "http://a:1", "max_concurrency": [2, 2]}', 'is in it twice'],
    ['{"base_url": "http://a:1", "max_concurrency": []}', 'at least one value'],
    ['{"base_url": "http://a:1", "endpoint": "chats"}', 'completions, chat, or a path'],
    ['{"base_url": "http://a:1", "timeout": 0}', 'above 0'],
    ['{"base_url": "http://a:1", "timeout": "9999h"}', 'below 24 days'],
    [
      '{"base_url": "http://a:1", "base_url": "http://b:1"}',
      'test_config.json:1:28: base_url is given twice',
    ],
    ['{"base_url": "http://a:1",}', 'test_config.json:1:27: is not valid JSON'],
    [
      '{"base_url": "http://a:1", "seed": abc, "x-y": 1}',
      'test_config.json:1:36: is not valid JSON',
    ],
    ['{"base_url": "http://a:1"', 'test_config.json:1:26: is not valid JSON'],
    ['{\n  "base_url": "http://a:1"\n  "seed": 1\n}', 'test_config.json:3:3: is not valid JSON'],
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['[]', 'does not hold a JSON object'],
    ['null', 'does not hold a JSON object'],
  ])('refuses %s', async (text, message) => {
    const { problems } = await resolve(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('may begin with a byte order mark', async () => {
    expect((await resolve('\uFEFF{"base_url": "http://a:1"}')).problems).toEqual([]);
  });

  it('says so where it is missing, a directory, too large or nested too deeply', async () => {
    const folder = await makeTempFolder();
    const problemOf = async (file: string) => {
      const loaded = await loadConfigFile(file);
      return loaded.ok ? 'none' : loaded.problem.message;
    };
    expect(await problemOf(path.join(folder, 'none.json'))).toBe('does not exist');
    expect(await problemOf(folder)).toBe('is a directory');
    const large = await load(Buffer.alloc((1 << 20) + 1, ' '));
    expect(large.loaded).toMatchObject({ problem: { message: /larger than 1 MiB/ } });
    const deep = await load(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    expect(deep.loaded).toMatchObject({ problem: { message: 'is nested too deeply' } });
  });

  it('is valid or refused, whatever is in it, and never crashes', async () => {
    const folder = await makeTempFolder();
    const file = path.join(folder, 'test_config.json');
    const keys = fc.constantFrom('base_url', 'max_concurrency', 'timeout', 'metadata', 'x-a', 'q');
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(keys, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        await writeFile(file, text);
        const loaded = await loadConfigFile(file);
        if (!loaded.ok) return loaded.problem.message !== '';
        const resolved = resolveBenchConfig(loaded.file, {}, folder);
        return resolved.ok || resolved.problems.length > 0;
      }),
      { numRuns: 300 },
    );
  });
});

describe('parseFlag', () => {
  it.each([
    ['number', '12', 12],
    ['number', '0.5', 0.5],
    ['number', '1e3', 1000],
    ['number', 'many', 'many'],
    ['number', '', ''],
    ['number', '0x10', '0x10'],
    ['list', '8', 8],
    ['list', '1, 8,64', [1, 8, 64]],
    ['list', 'inf', 'inf'],
    ['list', '2.5,inf', [2.5, 'inf']],
    ['list', '1,', [1, '']],
    ['text', '12', '12'],
    ['json', '{"a": [1]}', { a: [1] }],
    ['json', '{a}', '{a}'],
    ['pairs', 'tp=8', { tp: '8' }],
    ['pairs', 'url=a=b', { url: 'a=b' }],
    ['pairs', 'tp', 'tp'],
    ['pairs', '=8', '=8'],
  ] as const)('reads %s %j as %j', (syntax, text, value) => {
    expect(parseFlag(syntax, text)).toEqual(value);
  });
});
