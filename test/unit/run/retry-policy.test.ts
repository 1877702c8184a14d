import { describe, expect, it } from 'vitest';

import type { FailureKind } from '../../../src/model/failure.js';
import { createFailure, type Failure, type Outcome } from '../../../src/model/failure.js';
import {
  isConnectionFault,
  isWorthAnotherAttempt,
  isWorthAnotherPull,
  isWorthAnotherStart,
  pauseBeforeMs,
} from '../../../src/run/retry-policy.js';
import { withRetries } from '../../../src/run/retry.js';
import { createManualClock } from '../../support/manual-clock.js';

describe('what is tried again', () => {
  it.each<FailureKind>(['authentication', 'host_key', 'compose_refused'])(
    'is never a %s failure',
    (kind) => {
      expect(isConnectionFault(kind)).toBe(false);
      expect(isWorthAnotherPull(kind)).toBe(false);
      expect(isWorthAnotherStart(kind)).toBe(false);
      expect(isWorthAnotherAttempt(kind)).toBe(false);
    },
  );

  it('is what broke off on the way', () => {
    expect(isConnectionFault('unreachable')).toBe(true);
    expect(isConnectionFault('connection_lost')).toBe(true);
    expect(isWorthAnotherPull('transfer')).toBe(true);
  });

  it('is no service that cannot be started at all, and none of which nobody knows whether it runs', () => {
    expect(isWorthAnotherStart('service_exited')).toBe(true);
    expect(isWorthAnotherStart('unreachable')).toBe(true);
    expect(isWorthAnotherStart('service_start')).toBe(false);
    expect(isWorthAnotherStart('connection_lost')).toBe(false);
    expect(isWorthAnotherStart('port_taken')).toBe(false);
    expect(isWorthAnotherPull('service_start')).toBe(false);
  });

  it('is a script that failed, as it is the user who asks for that', () => {
    expect(isWorthAnotherAttempt('script_failed')).toBe(true);
    expect(isWorthAnotherAttempt('connection_lost')).toBe(false);
    expect(isWorthAnotherAttempt('left_behind')).toBe(false);
  });
});

describe('pauses', () => {
  const backoff = { retries: 9, firstPauseMs: 1_000, longestPauseMs: 5_000 };

  it('double up to a limit, and are never the same for everybody', () => {
    const longest = [1, 2, 3, 4, 5].map((retry) => pauseBeforeMs(backoff, retry, 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
    expect(pauseBeforeMs(backoff, 3, 0)).toBe(2_000);
  });
});

describe('trying again', () => {
  const failing = (...kinds: FailureKind[]) => {
    const calls = { count: 0 };
    const work = (): Promise<Outcome<string>> => {
      const kind = kinds[calls.count];
      calls.count += 1;
      return Promise.resolve(
        kind === undefined
          ? { ok: true, value: 'done' }
          : { ok: false, failure: createFailure(kind, kind) },
      );
    };
    return { calls, work };
  };
  const backoff = { retries: 2, firstPauseMs: 10, longestPauseMs: 10 };
  const options = (signal = new AbortController().signal) => ({
    clock: {
      ...createManualClock(),
      sleep: () => Promise.resolve(),
    },
    backoff,
    isWorthIt: isConnectionFault,
    signal,
  });

  it('ends with the first success', async () => {
    const { calls, work } = failing('unreachable', 'connection_lost');
    expect(await withRetries(work, options())).toEqual({ ok: true, value: 'done' });
    expect(calls.count).toBe(3);
  });

  it('ends with a failure that is not worth it, and when there were tries enough', async () => {
    const once = failing('unreachable', 'authentication', 'unreachable');
    expect(await withRetries(once.work, options())).toMatchObject({
      failure: { kind: 'authentication' },
    });
    expect(once.calls.count).toBe(2);
    const never = failing(...Array<FailureKind>(9).fill('unreachable'));
    expect((await withRetries(never.work, options())).ok).toBe(false);
    expect(never.calls.count).toBe(3);
  });

  it('is told of once, and again where something else goes wrong', async () => {
    const { work } = failing('unreachable', 'unreachable', 'connection_lost', 'connection_lost');
    const told: string[] = [];
    const onRetry = ({ message }: Failure) => void told.push(message);
    await withRetries(work, { ...options(), backoff: { ...backoff, retries: 3 }, onRetry });
    expect(told).toEqual(['unreachable', 'connection_lost']);
  });

  it('ends when it is stopped, with the failure that it had', async () => {
    const { calls, work } = failing('unreachable', 'unreachable');
    const outcome = await withRetries(work, options(AbortSignal.abort()));
    expect(outcome).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(calls.count).toBe(1);
  });
});
