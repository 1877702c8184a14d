/** Why a request did not complete. */
export type RequestFailureKind =
  /** Answered with a status other than 2xx. */
  | 'http_status'
  | 'connection_refused'
  /** Broken before or during the answer. */
  | 'connection_reset'
  /** Any other trouble in reaching the server: name lookup, routing, TLS. */
  | 'connection_failed'
  | 'timeout'
  /** The answer ended without `[DONE]` or a `finish_reason`. */
  | 'truncated'
  /** Complete, but not a single token in it. */
  | 'empty_answer'
  /** Not a stream of server-sent events, or one that does not hold what it should. */
  | 'malformed_answer'
  /** The server reported an error inside the stream. */
  | 'server_error';

export interface RequestFailure {
  readonly kind: RequestFailureKind;
  readonly message: string;
  /** With `http_status`. */
  readonly status: number | null;
}

/** All times in ms of one monotonic clock. */
interface Attempt {
  /** When the load generator took up the request. */
  readonly startedMs: number;
}

export interface CompletedRequest extends Attempt {
  readonly status: 'completed';
  /** When the request was put on an open connection. */
  readonly sentMs: number;
  /** When the bytes of each token event arrived; at least one. Events that arrived together have the same time. */
  readonly tokenTimesMs: readonly number[];
  /** When the answer was complete: its last event with a choice, whether it held a token or the reason to finish. */
  readonly completedMs: number;
  /** By the server's `usage`; `null` where it gives none. */
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

interface FailedRequest extends Attempt {
  readonly status: 'failed';
  readonly failure: RequestFailure;
}

/** Broken off by us. */
interface CancelledRequest extends Attempt {
  readonly status: 'cancelled';
}

export type RequestOutcome = CompletedRequest | FailedRequest | CancelledRequest;
