import { createParser } from 'eventsource-parser';

import { afterTokens } from './after-tokens.js';
import { excerpt } from './excerpt.js';
import type { RequestFailure, RequestFailureKind } from './outcome.js';

/** What an answer has said so far. */
interface Answer {
  /** When the bytes of each token event arrived. */
  readonly tokenTimesMs: readonly number[];
  /** When the last event with a choice arrived; `null` before the first. */
  readonly lastChoiceMs: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** The server said that this is all: `[DONE]` or a `finish_reason`. */
  readonly isFinished: boolean;
  /** What makes it useless; nothing after it is looked at. */
  readonly failure: RequestFailure | null;
}

/** Reads an answer as its bytes arrive, split anywhere. */
export interface AnswerReader {
  readonly answer: Answer;
  /** @param atMs When the bytes arrived: the time of every event that they complete. */
  push(bytes: Buffer, atMs: number): void;
  /** The body has ended: judges what is still unfinished. */
  end(atMs: number): void;
}

/** One event may hold a prompt's worth of log probabilities, but not more. */
const LARGEST_EVENT = 16 << 20;
const EXCERPT_LENGTH = 200;
/** How much is kept of an answer that is no stream: more than is shown, so that a secret is not cut before it is found. */
const KEPT_LENGTH = 4096;

/**
 * Reads the stream of a completion or chat completion.
 *
 * What counts as a token: every event with a choice, save the one that only names the role and one that only gives the
 * reason to finish. An empty text in between counts: servers send it for tokens that are invisible or only part of a
 * character.
 *
 * @param redact Takes secrets out of what is quoted from the answer.
 */
export function createAnswerReader(redact: (text: string) => string): AnswerReader {
  const tokenTimesMs: number[] = [];
  const answer = {
    tokenTimesMs,
    lastChoiceMs: null as number | null,
    inputTokens: null as number | null,
    outputTokens: null as number | null,
    isFinished: false,
    failure: null as RequestFailure | null,
  };
  let nowMs = 0;
  let isDone = false;
  let hasEnded = false;
  let isStream = false;
  let beginning = '';

  const quote = (latin1: string) => excerpt(redact(toText(latin1)), EXCERPT_LENGTH);
  const fail = (kind: RequestFailureKind, message: string) => {
    answer.failure ??= { kind, message, status: null };
  };

  const parser = createParser({
    maxBufferSize: LARGEST_EVENT,
    onError: (error) => {
      // Fields that nobody knows are to be ignored; only the size is fatal.
      if (error.type === 'max-buffer-size-exceeded') {
        fail('malformed_answer', 'an event of the stream is larger than 16 MiB');
      }
    },
    onComment: () => {
      isStream = true;
    },
    onEvent: ({ data, event }) => {
      isStream = true;
      if (isDone || answer.failure || data === '') return;
      if (data === '[DONE]') {
        isDone = true;
        answer.isFinished = true;
        return;
      }
      let chunk: unknown;
      try {
        chunk = JSON.parse(data);
      } catch {
        if (hasEnded) fail('truncated', `the stream ended inside an event: ${quote(data)}`);
        else fail('malformed_answer', `an event of the stream is not valid JSON: ${quote(data)}`);
        return;
      }
      if (!isObject(chunk)) {
        fail('malformed_answer', `an event of the stream is not an object: ${quote(data)}`);
        return;
      }
      if (event === 'error' || Boolean(chunk.error) || chunk.object === 'error') {
        fail('server_error', `the server reported inside the stream: ${quote(serverError(chunk))}`);
        return;
      }
      readUsage(chunk.usage, answer);
      const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
      if (!isObject(choice)) return;
      answer.lastChoiceMs = nowMs;
      const isLast = Boolean(choice.finish_reason);
      if (isLast) answer.isFinished = true;
      if (hasToken(choice, isLast)) tokenTimesMs.push(nowMs);
    },
  });

  return {
    answer,
    push(bytes, atMs) {
      if (answer.failure) return;
      nowMs = atMs;
      // Latin-1 keeps every byte as one character: no character can be split between chunks, and neither JSON's
      // structure nor the emptiness of a text depends on what the bytes spell.
      const text = bytes.toString('latin1');
      if (!isStream && beginning.length < KEPT_LENGTH) beginning += text;
      parser.feed(text);
    },
    end(atMs) {
      if (answer.failure) return;
      if (!isDone) {
        nowMs = atMs;
        hasEnded = true;
        // Some servers leave out the empty line after the last event.
        parser.feed('\n\n');
      }
      if (!isStream && beginning.trim() !== '') {
        fail('malformed_answer', `the answer is not an event stream: ${quote(beginning)}`);
      } else if (isStream && !answer.isFinished) {
        fail('truncated', `the stream ended ${afterTokens(tokenTimesMs.length)}, without [DONE]`);
      } else if (tokenTimesMs.length === 0) {
        fail('empty_answer', 'the answer is complete and holds no token');
      }
    },
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

/** The members of a chat's delta that hold generated text. Reasoning has two names. */
const DELTA_TEXTS = ['content', 'reasoning_content', 'reasoning'] as const;

function hasToken(choice: JsonObject, isLast: boolean): boolean {
  const { text, delta } = choice;
  if (typeof text === 'string') return text !== '' || !isLast;
  if (!isObject(delta)) return false;
  let isEmptyText = false;
  for (const name of DELTA_TEXTS) {
    const part = delta[name];
    if (typeof part !== 'string') continue;
    if (part !== '') return true;
    isEmptyText = true;
  }
  if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) return true;
  return isEmptyText && !isLast && delta.role === undefined;
}

/** The last one given counts: some servers repeat it, growing, in every event. */
function readUsage(
  usage: unknown,
  answer: { inputTokens: number | null; outputTokens: number | null },
): void {
  if (!isObject(usage)) return;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  if (typeof input === 'number') answer.inputTokens = input;
  if (typeof output === 'number') answer.outputTokens = output;
}

function serverError(chunk: JsonObject): string {
  const error = isObject(chunk.error) ? chunk.error : chunk;
  const message = typeof chunk.error === 'string' ? chunk.error : error.message;
  return typeof message === 'string' ? message : JSON.stringify(chunk);
}

/** Undoes the Latin-1 of `push`; characters beyond it come from escapes in the JSON and are what they should be. */
function toText(latin1: string): string {
  return /^[\0-\xff]*$/.test(latin1) ? Buffer.from(latin1, 'latin1').toString('utf8') : latin1;
}
