import { setTimeout as sleep } from 'node:timers/promises';

import { type Dispatcher, request } from 'undici';

import type { WebhookSpec } from '../../model/webhook.js';

/** Before the second try, and before the third. */
const PAUSES_MS = [1_000, 3_000] as const;
/** A server that asks for more than this will not be waited for. */
const LONGEST_PAUSE_MS = 10_000;
const ANSWER_LENGTH = 200;

export interface SendOptions {
  /** Gives up at once. */
  readonly signal: AbortSignal;
  /** How often it is tried again. */
  readonly retries: number;
  readonly dispatcher: Dispatcher;
  readonly pausesMs?: readonly number[];
}

/** How a try ended. */
interface Answer {
  readonly problem: string | null;
  readonly isWorthRetry: boolean;
  /** What the server asks for. */
  readonly retryAfterMs: number | null;
}

/**
 * Sends a body of JSON. A fault of the server or the network is tried again; a refusal is not.
 *
 * @returns Why it did not get there; `null` where it did.
 */
export async function sendJson(
  webhook: WebhookSpec,
  body: string,
  options: SendOptions,
): Promise<string | null> {
  const { signal, retries, pausesMs = PAUSES_MS } = options;
  let answer = await tryOnce(webhook, body, options);
  for (
    let retry = 0;
    answer.problem !== null && answer.isWorthRetry && retry < retries;
    retry += 1
  ) {
    const pauseMs = answer.retryAfterMs ?? pausesMs[retry] ?? pausesMs.at(-1) ?? 0;
    const isCutOff = await sleep(Math.min(pauseMs, LONGEST_PAUSE_MS), false, { signal }).catch(
      () => true,
    );
    if (isCutOff) break;
    answer = await tryOnce(webhook, body, options);
  }
  return answer.problem;
}

async function tryOnce(
  { url, timeoutMs, headers }: WebhookSpec,
  body: string,
  { signal, dispatcher }: SendOptions,
): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.any([limit, signal]),
      dispatcher,
    });
    const { statusCode } = answer;
    if (statusCode >= 200 && statusCode < 300) {
      await answer.body.dump();
      return { problem: null, isWorthRetry: false, retryAfterMs: null };
    }
    const said = (await readStart(answer.body)).trim();
    return {
      problem: `it answered ${statusCode}${said === '' ? '' : `: ${said}`}`,
      isWorthRetry: statusCode >= 500 || statusCode === 429,
      retryAfterMs: retryAfter(answer.headers['retry-after']),
    };
  } catch (error) {
    const problem = limit.aborted
      ? `no answer within ${timeoutMs / 1000} s`
      : signal.aborted
        ? 'it was given up'
        : describeError(error);
    return { problem, isWorthRetry: true, retryAfterMs: null };
  }
}

/** An error page is not read to its end. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length >= ANSWER_LENGTH) break;
  }
  return text.slice(0, ANSWER_LENGTH);
}

function retryAfter(value: string | string[] | undefined): number | null {
  const seconds = Number([value].flat()[0] ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

/** Several addresses of one name fail with an error without a message of its own. */
function describeError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return message === '' ? (code ?? 'unknown error') : message;
}
