import { type Dispatcher, Pool } from 'undici';

import { afterTokens } from './after-tokens.js';
import { createAnswerReader } from './answer.js';
import { createArrivalClock } from './arrival-clock.js';
import { excerpt } from './excerpt.js';
import { classifyError } from './failure.js';
import type { RequestFailure, RequestOutcome } from './outcome.js';

/** Sends one request and reports once what became of it. Calling what it returns breaks the request off. */
export type Send = (
  body: Buffer,
  id: string,
  settle: (outcome: RequestOutcome) => void,
) => () => void;

export interface Transport {
  readonly send: Send;
  /**
   * How many requests were sent a second time, because the server had closed the connection that it had kept for the next
   * one.
   */
  readonly resent: () => number;
  /** Closes every connection. */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly url: URL;
  /** For one request as a whole, from taking it up to the end of its answer. */
  readonly timeoutMs: number;
  /** How many requests will be in flight at most; `null`: nobody knows. */
  readonly maxConnections: number | null;
  /** Sent as a bearer token. */
  readonly apiKey: string | null;
  /** ms, monotonic. */
  readonly now: () => number;
}

/** How much of an error's body is read, and shown. */
const LONGEST_ERROR = 64 << 10;
const EXCERPT_LENGTH = 300;
/** A kept connection that the server has closed shows at once when it is used again. */
const LONGEST_SURPRISE_MS = 1_000;

/**
 * HTTP/1.1 over connections that are kept and never shared by two requests at once. Undici's `dispatch` hands over the
 * bytes of a body without a stream in between: the least work per token of what Node has.
 */
export function openTransport(options: TransportOptions): Transport {
  const { url, timeoutMs, maxConnections, apiKey, now } = options;
  const pool = new Pool(url.origin, {
    // Without the limit, a request that follows another at once would open a connection of its own: undici frees the
    // old one a turn of the event loop later.
    connections: maxConnections,
    pipelining: 1,
    // Shorter than any server's, so that none closes a connection in the very moment in which it is used again. Opening
    // another costs no latency: that counts from sending.
    keepAliveTimeout: 1500,
    connectTimeout: timeoutMs,
    // Ours covers the whole request; undici's would each restart at every chunk.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const arrivalMs = createArrivalClock(now);
  let hasKeptConnections = false;
  let resent = 0;
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  const path = url.pathname + url.search;
  // Servers like to repeat the key that they refuse.
  const redact = (text: string) => (apiKey ? text.replaceAll(apiKey, '***') : text);

  const send: Send = (body, id, settle) => {
    const startedMs = now();
    let sentMs: number | null = null;
    let status: number | null = null;
    const errorBody: Buffer[] = [];
    let errorBytes = 0;
    let controller: Dispatcher.DispatchController | null = null;
    let isSettled = false;
    const reader = createAnswerReader(redact);

    const countTokens = () => reader.answer.tokenTimesMs.length;
    const describeStatus = (): RequestFailure => {
      const text = excerpt(redact(Buffer.concat(errorBody).toString('utf8')), EXCERPT_LENGTH);
      const message = `HTTP ${status ?? '?'}${text === '' ? '' : `: ${text}`}`;
      return { kind: 'http_status', message, status };
    };
    const finish = (outcome: RequestOutcome) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      settle(outcome);
    };
    const fail = (failure: RequestFailure) => finish({ status: 'failed', startedMs, failure });
    /** After this nothing of the answer is wanted any more. */
    const breakOff = () => controller?.abort(new Error('broken off'));
    const judge = (failure: RequestFailure | null) => {
      const { answer } = reader;
      if (failure || answer.lastChoiceMs === null || sentMs === null) {
        fail(failure ?? { kind: 'empty_answer', message: 'the answer is empty', status: null });
        return;
      }
      finish({
        status: 'completed',
        startedMs,
        sentMs,
        tokenTimesMs: answer.tokenTimesMs,
        completedMs: answer.lastChoiceMs,
        inputTokens: answer.inputTokens,
        outputTokens: answer.outputTokens,
      });
    };
    /** The answer ended before its HTTP message did. That is no failure where the server had said that it was complete. */
    const judgeEarlyEnd = (failure: RequestFailure) => {
      const { answer } = reader;
      const isComplete = answer.isFinished && answer.tokenTimesMs.length > 0;
      judge(isComplete ? answer.failure : (answer.failure ?? failure));
    };

    const timer = setTimeout(() => {
      judgeEarlyEnd({
        kind: 'timeout',
        message:
          sentMs === null
            ? `no connection within ${timeoutMs / 1000} s`
            : `no complete answer within ${timeoutMs / 1000} s; stopped ${afterTokens(countTokens())}`,
        status: null,
      });
      breakOff();
    }, timeoutMs);

    const request = {
      method: 'POST',
      path,
      headers: { ...headers, 'x-request-id': id },
      body,
    } as const;
    const createHandler = (mayResend: boolean): Dispatcher.DispatchHandler => ({
      onRequestStart(given) {
        controller = given;
        // Settled while it still waited for a connection.
        if (isSettled) breakOff();
        else sentMs = now();
      },
      onResponseStart(_controller, statusCode) {
        // The first token often comes with the head: it arrived before the head was read.
        arrivalMs();
        // Informational ones (1xx) come before the real one.
        if (statusCode >= 200) status = statusCode;
        hasKeptConnections = true;
      },
      onResponseData(_controller, chunk) {
        const atMs = arrivalMs();
        if (isSettled) return;
        if (!isSuccess(status)) {
          if (errorBytes < LONGEST_ERROR) errorBody.push(Buffer.from(chunk));
          errorBytes += chunk.length;
          return;
        }
        reader.push(chunk, atMs);
        if (reader.answer.failure) {
          fail(reader.answer.failure);
          breakOff();
        }
      },
      onResponseEnd() {
        if (isSettled) return;
        if (!isSuccess(status)) {
          fail(describeStatus());
          return;
        }
        reader.end(arrivalMs());
        judge(reader.answer.failure);
      },
      onResponseError(_controller, error) {
        if (isSettled) return;
        const failure = classifyError(error, status === null ? null : countTokens());
        const isSurprise =
          status === null && sentMs !== null && now() - sentMs < LONGEST_SURPRISE_MS;
        // What every HTTP client does: nothing of the request was looked at.
        if (mayResend && isSurprise && failure.kind === 'connection_reset') {
          resent += 1;
          pool.dispatch(request, createHandler(false));
          return;
        }
        if (status !== null && !isSuccess(status)) fail(describeStatus());
        else judgeEarlyEnd(failure);
      },
    });
    pool.dispatch(request, createHandler(hasKeptConnections));

    return () => {
      finish({ status: 'cancelled', startedMs });
      breakOff();
    };
  };

  return { send, resent: () => resent, close: () => pool.destroy() };
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
