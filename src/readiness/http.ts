import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

import type { HttpReadiness } from '../model/service.js';
import type { Check } from './poll.js';

const LONGEST_BODY = 64 * 1024;

/** Asks a URL for its status, on a connection of its own. Redirects are answers, not directions. */
export function httpCheck({ url, expectStatus }: HttpReadiness): Check {
  return async (signal) => {
    const answer = await statusOf(url, signal);
    if (typeof answer === 'string') return answer;
    const isPass = expectStatus === null ? answer >= 200 && answer < 300 : answer === expectStatus;
    return isPass ? null : `HTTP ${answer}`;
  };
}

/** The status, or why there is none. */
function statusOf(url: string, signal: AbortSignal): Promise<number | string> {
  if (!URL.canParse(url)) return Promise.resolve(`not a URL: ${url}`);
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    let answer: number | string = 'no status';
    let drained = 0;
    const asking = request(url, { agent: false, signal }, (response) => {
      answer = response.statusCode ?? answer;
      // Read to its end, because some servers complain of clients that hang up; but a body may be endless.
      response.on('data', (chunk: Buffer) => {
        drained += chunk.length;
        if (drained > LONGEST_BODY) response.destroy();
      });
    });
    asking.on('error', (error) => {
      if (typeof answer === 'string') answer = describeError(error);
    });
    asking.on('close', () => resolve(answer));
    asking.end();
  });
}

/** A connection's error in a few words. */
export function describeError(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'connection reset';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'host unreachable';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'unknown host';
    case 'ETIMEDOUT':
      return 'connection timed out';
    case undefined:
    default:
      // What the parser of HTTP says has such a code.
      return error.code?.startsWith('HPE_') ? 'the answer is not HTTP' : error.message;
  }
}
