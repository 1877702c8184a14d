import { afterTokens } from './after-tokens.js';
import type { RequestFailure, RequestFailureKind } from './outcome.js';

/** Codes of Node and undici, and what they mean for a request. */
const KINDS: Readonly<Record<string, RequestFailureKind>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'malformed_answer',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
};

/**
 * What an error of the HTTP client means.
 *
 * @param tokens How many tokens of the answer had come; `null` where it had not begun. After that, an orderly end of the
 *   connection cut it short.
 */
export function classifyError(error: Error, tokens: number | null): RequestFailure {
  const cause = innermost(error);
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const reason = cause.message === '' ? code : cause.message;
  return {
    kind: kindOf(code, cause, tokens !== null),
    message: tokens === null ? reason : `${reason}, ${afterTokens(tokens)}`,
    status: null,
  };
}

function kindOf(code: string, cause: Error, hasAnswer: boolean): RequestFailureKind {
  const kind = KINDS[code];
  if (kind) return kind;
  if (code.startsWith('HPE_') || cause.name === 'HTTPParserError') {
    // The end of the connection in the middle of a chunk is reported as an error of the parser.
    return hasAnswer && code === 'HPE_INVALID_EOF_STATE' ? 'truncated' : 'malformed_answer';
  }
  if (code === 'UND_ERR_SOCKET') return hasAnswer ? 'truncated' : 'connection_reset';
  return 'connection_failed';
}

/** A name with several addresses fails with one error for all of them. */
function innermost(error: Error): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  return error;
}
