import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { Agent, type Dispatcher, request as sendRequest } from 'undici';

import {
  type Backend,
  type Handler,
  pathOf,
  readJsonObject,
  sendError,
  sendJson,
} from './http-server.js';
import { type RouterOptions, SIMULATOR_NAME } from './options.js';

type JsonObject = Readonly<Record<string, unknown>>;

const HEALTH_TIMEOUT_MS = 2000;
/** What of a request's headers is passed on. */
const PASSED_HEADERS = ['authorization', 'x-request-id'] as const;

/**
 * A router in front of simulated workers. Where there are prefill workers, a request first goes to one of them, which
 * makes a single token, as if it filled the cache that the other reads; then a decode worker answers it. Each kind
 * takes turns; a worker that cannot be reached is passed over.
 */
export function createRouter({ prefillUrls, decodeUrls }: RouterOptions): Backend {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const prefill = takeTurns(prefillUrls);
  const decode = takeTurns(decodeUrls);

  /** Sends to the first worker that can be reached. */
  const post = async (
    workers: readonly string[],
    path: string,
    body: JsonObject,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData | null> => {
    for (const worker of workers) {
      try {
        return await sendRequest(worker + path, {
          method: 'POST',
          dispatcher: agent,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal,
        });
      } catch (error) {
        if (signal.aborted || !isUnreachable(error)) throw error;
      }
    }
    return null;
  };

  const route = async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    signal: AbortSignal,
  ): Promise<void> => {
    const body = await readJsonObject(request);
    if (!body) {
      sendError(response, 400, 'BadRequestError', 'The body is not a JSON object of up to 64 MiB.');
      return;
    }
    const headers = Object.fromEntries(
      PASSED_HEADERS.flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    if (prefillUrls.length > 0) {
      const prefilled = await post(prefill(), path, toPrefill(body), headers, signal);
      if (!prefilled) {
        sendError(response, 502, 'BadGatewayError', 'No prefill worker can be reached.');
        return;
      }
      if (prefilled.statusCode !== 200) {
        await passOn(prefilled, response);
        return;
      }
      await prefilled.body.dump();
    }
    const decoded = await post(decode(), path, body, headers, signal);
    if (decoded) await passOn(decoded, response);
    else sendError(response, 502, 'BadGatewayError', 'No decode worker can be reached.');
  };

  const isHealthy = async (worker: string): Promise<boolean> => {
    try {
      const { statusCode, body } = await sendRequest(`${worker}/health`, {
        dispatcher: agent,
        signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
      });
      await body.dump();
      return statusCode === 200;
    } catch {
      // Whatever keeps it from answering: it is not healthy.
      return false;
    }
  };

  const reportHealth = async (response: ServerResponse): Promise<void> => {
    const check = (urls: readonly string[], role: string) =>
      Promise.all(urls.map(async (url) => ({ url, role, healthy: await isHealthy(url) })));
    const groups = await Promise.all([check(prefillUrls, 'prefill'), check(decodeUrls, 'decode')]);
    const isServing = groups.every(
      (group) => group.length === 0 || group.some(({ healthy }) => healthy),
    );
    sendJson(response, isServing ? 200 : 503, {
      status: isServing ? 'ok' : 'unavailable',
      engine: SIMULATOR_NAME,
      role: 'router',
      upstreams: groups.flat(),
    });
  };

  const listModels = async (response: ServerResponse, signal: AbortSignal): Promise<void> => {
    for (const worker of decode()) {
      try {
        const answer = await sendRequest(`${worker}/v1/models`, { dispatcher: agent, signal });
        await passOn(answer, response);
        return;
      } catch (error) {
        if (signal.aborted || !isUnreachable(error)) throw error;
      }
    }
    sendError(response, 502, 'BadGatewayError', 'No decode worker can be reached.');
  };

  const dispatch = (request: IncomingMessage, response: ServerResponse, signal: AbortSignal) => {
    const path = pathOf(request);
    switch (`${request.method ?? 'GET'} ${path}`) {
      case 'GET /health':
        return reportHealth(response);
      case 'GET /v1/models':
        return listModels(response, signal);
      case 'POST /v1/completions':
      case 'POST /v1/chat/completions':
        return route(request, response, path, signal);
      default:
        sendError(response, 404, 'NotFoundError', `This router has no ${path}.`);
        return Promise.resolve();
    }
  };

  const handle: Handler = async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
    });
    try {
      await dispatch(request, response, gone.signal);
    } catch (error) {
      // A worker broke off, or our client did: either way the answer ends here, and its reader can tell.
      if (response.headersSent || response.destroyed) response.destroy();
      else sendError(response, 502, 'BadGatewayError', `The worker broke off: ${String(error)}`);
    }
  };
  return { handle, stop: () => agent.destroy() };
}

/** Each call begins with the next one; the others follow in case that it cannot be reached. */
function takeTurns(urls: readonly string[]): () => readonly string[] {
  let next = 0;
  return () => {
    const first = next;
    next = urls.length === 0 ? 0 : (next + 1) % urls.length;
    return [...urls.slice(first), ...urls.slice(0, first)];
  };
}

/** The same prompt with room for a single token, answered at once. */
function toPrefill(body: JsonObject): JsonObject {
  const kept = Object.entries(body).filter(
    ([key]) => key !== 'stream_options' && key !== 'max_completion_tokens',
  );
  return { ...Object.fromEntries(kept), max_tokens: 1, stream: false };
}

async function passOn(from: Dispatcher.ResponseData, to: ServerResponse): Promise<void> {
  const { 'content-type': type = 'application/octet-stream' } = from.headers;
  to.writeHead(from.statusCode, { 'content-type': type });
  await pipeline(from.body, to);
}

function isUnreachable(error: unknown): boolean {
  const codes = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
  const causes = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
  return causes.some((cause) => codes.includes((cause as NodeJS.ErrnoException).code ?? ''));
}
