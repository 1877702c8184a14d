import { createFailure, type Outcome } from '../../../model/failure.js';
import { resolveUrl } from './endpoint.js';

const LONGEST_WAIT_MS = 30_000;

/** Asks a server for the first model it lists. */
export async function askForModel(
  baseUrl: string,
  apiKey: string | null,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome<string>> {
  const url = resolveUrl(baseUrl, '/v1/models');
  const refuse = (reason: string): Outcome<string> => ({
    ok: false,
    failure: createFailure(
      'requests_failed',
      `cannot find out which models ${baseUrl} serves: ${reason}`,
      { hint: 'is the server up? Otherwise name the model with --model' },
    ),
  });
  const timeout = AbortSignal.timeout(Math.min(timeoutMs, LONGEST_WAIT_MS));
  try {
    const response = await fetch(url, {
      headers: apiKey === null ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.any([signal, timeout]),
    });
    if (!response.ok) return refuse(`HTTP ${response.status} from ${url.href}`);
    const model = firstModel(await response.json());
    return model === null ? refuse(`${url.href} lists none`) : { ok: true, value: model };
  } catch (error) {
    const { message, cause } = error as Error;
    return refuse(cause instanceof Error && cause.message !== '' ? cause.message : message);
  }
}

function firstModel(answer: unknown): string | null {
  const { data } = (answer ?? {}) as { readonly data?: unknown };
  const [first] = Array.isArray(data) ? (data as readonly unknown[]) : [];
  const { id } = (first ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : null;
}
