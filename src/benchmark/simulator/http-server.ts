import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createFailure, type Outcome } from '../../model/failure.js';

/** Answers one request. May throw only for a bug. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What stands behind a server. */
export interface Backend {
  readonly handle: Handler;
  /** Lets go of everything; nothing is answered after this. */
  readonly stop: () => Promise<void>;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Breaks off what is being answered, and resolves when the port is free. */
  close(): Promise<void>;
}

/** Longer than that of any client in use, so that it is the client that closes an idle connection. */
const KEEP_ALIVE_MS = 75_000;
/** Hundreds of clients may connect at the same moment. */
const BACKLOG = 2048;

/** @param port 0: any that is free. */
export function listen(host: string, port: number, handle: Handler): Promise<Outcome<HttpServer>> {
  const server = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS });
  server.on('request', (request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.destroy();
      // A bug: it has to come out where it can be seen, and not end in a client that waits.
      queueMicrotask(() => {
        throw error;
      });
    });
  });
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ ok: false, failure: describeListenError(error, host, port) });
    });
    server.listen({ host, port, backlog: BACKLOG }, () => {
      // What goes wrong from here on must not go unnoticed.
      server.removeAllListeners('error');
      const { port: actual } = server.address() as AddressInfo;
      resolve({
        ok: true,
        value: {
          url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
          port: actual,
          close: () =>
            new Promise((closed) => {
              server.close(() => {
                closed();
              });
              server.closeAllConnections();
            }),
        },
      });
    });
  });
}

function describeListenError(error: NodeJS.ErrnoException, host: string, port: number) {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return createFailure('port_taken', `port ${port} on ${host} is already in use`, {
        hint: 'choose another with --port, or 0 for any that is free',
      });
    case 'EACCES':
      return createFailure('service_start', `port ${port} on ${host} is not allowed to this user`, {
        hint: 'choose one above 1023 with --port',
      });
    default:
      return createFailure('service_start', `cannot listen on ${host}:${port}: ${error.message}`);
  }
}

const LARGEST_BODY = 64 << 20;

/** @returns `null` where it is not a JSON object, or larger than 64 MiB. */
export async function readJsonObject(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>> | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_BODY) return null;
      chunks.push(chunk);
    }
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // Not JSON, or the client went away in the middle: nobody to tell more to.
    return null;
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** An error in the form in which OpenAI's API gives it. */
export function sendError(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
): void {
  sendJson(response, status, { error: { message, type, param: null, code: status } });
}

/** The path, without the query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}
