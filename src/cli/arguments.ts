import { InvalidArgumentError } from 'commander';

import { parseDuration } from '../config/value/duration.js';

/** A number of things, at least one. */
export function parseCount(value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new InvalidArgumentError('a number from 1 to 99999');
  return Number(value);
}

/** Seconds, or a duration with its units. In ms. */
export function parseDurationMs(value: string): number {
  const ms = parseDuration(value);
  if (ms === undefined || ms <= 0) {
    throw new InvalidArgumentError('a duration such as 90, 90s, 5m or 1h');
  }
  return ms;
}
