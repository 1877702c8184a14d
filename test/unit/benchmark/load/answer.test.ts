import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type AnswerReader,
  createAnswerReader,
} from '../../../../src/benchmark/load/request/answer.js';

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const text = (part: string, finish: string | null = null) =>
  event({ choices: [{ index: 0, text: part, finish_reason: finish }] });
const delta = (part: unknown, finish: string | null = null) =>
  event({ choices: [{ index: 0, delta: part, finish_reason: finish }] });
const usage = (prompt: number, completion: number) =>
  event({ choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion } });
const DONE = 'data: [DONE]\n\n';

const newReader = () => createAnswerReader((quoted) => quoted.replaceAll('s3cret', '***'));

/** Pushes each part at a time of its own: 1, 2, 3 … and ends. */
function read(...parts: readonly (string | Buffer)[]): AnswerReader['answer'] {
  const reader = newReader();
  for (const [index, part] of parts.entries()) reader.push(Buffer.from(part), index + 1);
  reader.end(parts.length + 1);
  return reader.answer;
}

describe('an answer', () => {
  it('gives each token the time at which its bytes were complete', () => {
    const answer = read(text('Hello'), text(' wor').slice(0, 20), text(' wor').slice(20), DONE);
    expect(answer).toMatchObject({ tokenTimesMs: [1, 3], lastChoiceMs: 3, isFinished: true });
    expect(answer.failure).toBeNull();
  });

  it('gives tokens that arrive together the same time', () => {
    expect(read(text('a') + text('b') + text('c'), text('d') + DONE).tokenTimesMs).toEqual([
      1, 1, 1, 2,
    ]);
  });

  it('is the same however its bytes are split', () => {
    const whole = Buffer.from(
      ': ping\r\n\r\n' +
        text('Grüße 😀').replaceAll('\n', '\r\n') +
        'event: message\nid: 7\n' +
        text('') +
        text('\u2028"data: [DONE]\\n') +
        text('', 'length') +
        usage(11, 4) +
        DONE,
    );
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 40 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const parts = edges.slice(1).map((edge, index) => whole.subarray(edges[index], edge));
        const answer = read(...parts);
        expect(answer.failure).toBeNull();
        expect(answer.tokenTimesMs).toHaveLength(3);
        expect(answer).toMatchObject({ inputTokens: 11, outputTokens: 4, isFinished: true });
      }),
    );
  });

  it('does not count a chat’s opener, which only names the role', () => {
    const answer = read(
      delta({ role: 'assistant', content: '' }),
      delta({ content: 'Hi' }),
      delta({}, 'stop'),
      DONE,
    );
    expect(answer.tokenTimesMs).toEqual([2]);
    // The answer goes on to its finish all the same.
    expect(answer.lastChoiceMs).toBe(3);
  });

  it('counts an opener that has text in it already', () => {
    expect(read(delta({ role: 'assistant', content: 'Hi' }), DONE).tokenTimesMs).toEqual([1]);
  });

  it('counts empty texts, which stand for invisible tokens, but not an empty last one', () => {
    expect(read(text('a'), text(''), text('', 'stop'), DONE).tokenTimesMs).toEqual([1, 2]);
    expect(read(delta({ content: '' }), delta({ content: '' }, 'stop')).tokenTimesMs).toEqual([1]);
  });

  it('counts reasoning, under both of its names, and tool calls', () => {
    const answer = read(
      delta({ reasoning_content: 'Hm' }),
      delta({ reasoning: 'so', content: null }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{' } }] }),
      DONE,
    );
    expect(answer.tokenTimesMs).toEqual([1, 2, 3]);
  });

  it('takes the last usage where a server repeats it, growing', () => {
    const growing = (count: number) =>
      event({
        choices: [{ index: 0, text: 'a' }],
        usage: { prompt_tokens: 5, completion_tokens: count },
      });
    expect(read(growing(1), growing(2), usage(5, 3), DONE)).toMatchObject({
      inputTokens: 5,
      outputTokens: 3,
    });
  });

  it('is complete with a finish_reason, without [DONE] or the last empty line', () => {
    expect(read(text('a'), text('b', 'stop').trimEnd())).toMatchObject({
      tokenTimesMs: [1, 3],
      isFinished: true,
      failure: null,
    });
    expect(read(text('a'), 'data: [DONE]').failure).toBeNull();
  });

  it('ignores whatever follows [DONE]', () => {
    expect(read(text('a') + DONE, 'data: rubbish\n\n')).toMatchObject({
      tokenTimesMs: [1],
      failure: null,
    });
  });

  it.each([
    ['nothing after a token', [text('a')], 'the stream ended after 1 token, without [DONE]'],
    [
      'an event cut in half',
      [text('a'), text('b').slice(0, 30)],
      'the stream ended inside an event: {"choices":',
    ],
    ['a comment only', [': ping\n\n'], 'the stream ended before the first token, without [DONE]'],
  ])('is truncated after %s', (_what, parts, message) => {
    const { failure } = read(...parts);
    expect(failure?.kind).toBe('truncated');
    expect(failure?.message).toContain(message);
  });

  it.each([
    ['an event that is not JSON', ['data: {"choices": [}\n\n'], 'not valid JSON: {"choices": [}'],
    ['an event that is no object', ['data: 42\n\n'], 'not an object: 42'],
    ['JSON that is no stream', ['{"object": "text_completion"}'], 'not an event stream: {"object"'],
    ['a web page', ['<html>\n<b>Wel', 'come</b>'], 'not an event stream: <html> <b>Welcome</b>'],
  ])('is malformed with %s', (_what, parts, message) => {
    const { failure } = read(...parts);
    expect(failure?.kind).toBe('malformed_answer');
    expect(failure?.message).toContain(message);
  });

  it.each([
    ['complete but without a token', [DONE]],
    ['finished at once', [text('', 'stop'), DONE]],
    ['without a single byte', ['']],
    ['of comments and blank lines', ['\n\n']],
  ])('is empty when it is %s', (_what, parts) => {
    expect(read(...parts).failure?.kind).toBe('empty_answer');
  });

  it.each([
    ['as an error object', event({ error: { message: 'out of memory — ✗', code: 500 } })],
    ['as a text', event({ error: 'out of memory — ✗' })],
    ['as an object called error', event({ object: 'error', message: 'out of memory — ✗' })],
    ['as an event called error', `event: error\n${event({ message: 'out of memory — ✗' })}`],
  ])('tells of an error inside the stream, given %s', (_what, error) => {
    const { failure } = read(text('a'), error, DONE);
    expect(failure).toEqual({
      kind: 'server_error',
      message: 'the server reported inside the stream: out of memory — ✗',
      status: null,
    });
  });

  it('is not finished by an empty finish_reason', () => {
    expect(read(text('a', '')).failure?.kind).toBe('truncated');
  });

  it('does not fail for an error member that is null', () => {
    expect(read(event({ choices: [{ text: 'a' }], error: null }), DONE).failure).toBeNull();
  });

  it('keeps secrets and control characters out of what it quotes', () => {
    const { failure } = read('data: bad key s3cret \u001b[31m!\n\n');
    expect(failure?.message).toMatch(/: bad key \*\*\* \[31m!$/);
  });

  it('gives up on an endless event instead of keeping it', () => {
    const reader = newReader();
    const megabyte = Buffer.alloc(1 << 20, 'x');
    reader.push(Buffer.from('data: '), 1);
    for (let count = 0; count < 20 && !reader.answer.failure; count += 1) reader.push(megabyte, 2);
    expect(reader.answer.failure?.message).toContain('larger than 16 MiB');
    reader.push(megabyte, 3);
    reader.end(4);
    expect(reader.answer.failure?.kind).toBe('malformed_answer');
  });
});
