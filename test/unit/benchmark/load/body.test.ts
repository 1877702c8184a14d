import { describe, expect, it } from 'vitest';

import { type BodyTemplate, buildBody } from '../../../../src/benchmark/load/request/body.js';
import { resolveEndpoint, resolveUrl } from '../../../../src/benchmark/load/request/endpoint.js';

const template: BodyTemplate = {
  isChat: false,
  model: 'm',
  outputLen: 9,
  ignoreEos: false,
  extraBody: {},
};
const prompt = { content: 'Hi — ✓', inputLen: null, outputLen: null };
const parse = (body: Buffer) => JSON.parse(body.toString('utf8')) as Record<string, unknown>;

describe('buildBody', () => {
  it('asks for a streamed completion with usage', () => {
    expect(parse(buildBody(template, prompt))).toEqual({
      model: 'm',
      prompt: 'Hi — ✓',
      max_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('makes a message of a prompt for a chat, and takes messages as they are', () => {
    const chat = { ...template, isChat: true };
    expect(parse(buildBody(chat, prompt)).messages).toEqual([{ role: 'user', content: 'Hi — ✓' }]);
    const messages = [{ role: 'system', content: 'Be brief' }];
    expect(parse(buildBody(chat, { ...prompt, content: messages })).messages).toEqual(messages);
    expect(parse(buildBody(chat, prompt))).not.toHaveProperty('prompt');
  });

  it('prefers the length that the dataset gives', () => {
    expect(parse(buildBody(template, { ...prompt, outputLen: 3 })).max_tokens).toBe(3);
  });

  it('asks to ignore the end of text where told so', () => {
    expect(parse(buildBody({ ...template, ignoreEos: true }, prompt)).ignore_eos).toBe(true);
  });

  it('adds what the user wants last; a null takes away, but only at the top', () => {
    const extraBody = {
      max_tokens: null,
      max_completion_tokens: 5,
      chat_template_kwargs: { max_tokens: null },
      stream_options: null,
    };
    expect(parse(buildBody({ ...template, extraBody }, prompt))).toEqual({
      model: 'm',
      prompt: 'Hi — ✓',
      stream: true,
      max_completion_tokens: 5,
      chat_template_kwargs: { max_tokens: null },
    });
  });
});

describe('resolveEndpoint', () => {
  it.each([
    ['http://a:1', 'completions', 'http://a:1/v1/completions', false],
    ['http://a:1', 'chat', 'http://a:1/v1/chat/completions', true],
    ['http://a:1/v1', 'chat', 'http://a:1/v1/chat/completions', true],
    ['https://a/openai/v1', 'completions', 'https://a/openai/v1/completions', false],
    ['http://a:1/v1', '/v1/completions', 'http://a:1/v1/completions', false],
    ['http://a:1', '/custom/chat/completions?x=1', 'http://a:1/custom/chat/completions?x=1', true],
    ['http://a:1', '/generate', 'http://a:1/generate', false],
  ])('puts %s and %s together', (baseUrl, endpoint, url, isChat) => {
    expect(resolveEndpoint(baseUrl, endpoint)).toEqual({ url: new URL(url), isChat });
  });

  it('finds the list of models beside it', () => {
    expect(resolveUrl('http://a:1/v1', '/v1/models').href).toBe('http://a:1/v1/models');
  });
});
