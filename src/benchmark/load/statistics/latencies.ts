import type { CompletedRequest } from '../request/outcome.js';

/** The latencies of one request, in ms. */
export interface RequestLatencies {
  /** From sending the request to its first token. */
  readonly ttftMs: number;
  /** From sending the request to the end of its answer. */
  readonly e2eMs: number;
  /** (E2E − TTFT) / (output tokens − 1); `null` where there is only one token. */
  readonly tpotMs: number | null;
}

/** The tokens that a request made: by the server's account, else one for each token event. */
export function countOutputTokens(request: CompletedRequest): number {
  return request.outputTokens !== null && request.outputTokens > 0
    ? request.outputTokens
    : request.tokenTimesMs.length;
}

export function measureLatencies(request: CompletedRequest): RequestLatencies {
  const { sentMs, completedMs, tokenTimesMs } = request;
  const ttftMs = (tokenTimesMs[0] ?? completedMs) - sentMs;
  const e2eMs = completedMs - sentMs;
  const tokens = countOutputTokens(request);
  return { ttftMs, e2eMs, tpotMs: tokens > 1 ? (e2eMs - ttftMs) / (tokens - 1) : null };
}

/** The gaps between successive token events of all requests, in ms. */
export function collectGaps(requests: readonly CompletedRequest[]): Float64Array {
  const count = requests.reduce((total, { tokenTimesMs }) => total + tokenTimesMs.length - 1, 0);
  const gaps = new Float64Array(count);
  let filled = 0;
  for (const { tokenTimesMs } of requests) {
    for (let index = 1; index < tokenTimesMs.length; index += 1) {
      gaps[filled++] = (tokenTimesMs[index] ?? 0) - (tokenTimesMs[index - 1] ?? 0);
    }
  }
  return gaps;
}
