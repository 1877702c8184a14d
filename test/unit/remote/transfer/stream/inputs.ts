import { Readable } from 'node:stream';

import type { Exec } from '../../../../../src/remote/transfer/stream/context.js';

/** Does something before each chunk of the input is passed on. */
export function changingInput(
  options: Parameters<Exec>[1],
  change: () => Promise<void>,
): { stdin?: Readable } {
  const stdin = options?.stdin;
  if (!stdin) return {};
  return {
    stdin: Readable.from(
      (async function* () {
        for await (const chunk of stdin as AsyncIterable<Buffer>) {
          await change();
          yield chunk;
        }
      })(),
    ),
  };
}

/** Changes one bit. */
export async function* damage(
  source: AsyncIterable<Buffer>,
  position: number,
): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const chunk of source) {
    const at = position - passed;
    passed += chunk.length;
    if (at < 0 || at >= chunk.length) {
      yield chunk;
      continue;
    }
    const copy = Buffer.from(chunk);
    copy[at] = (copy[at] ?? 0) ^ 1;
    yield copy;
  }
}

/** Ends after so many bytes, and tells. */
export async function* cutOff(
  source: AsyncIterable<Buffer>,
  bytes: number,
  cut: () => void,
): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const chunk of source) {
    yield chunk;
    passed += chunk.length;
    if (passed < bytes) continue;
    cut();
    return;
  }
}

/** Tells how much passes. */
export async function* tap(
  source: AsyncIterable<Buffer>,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    count(chunk.length);
    yield chunk;
  }
}
