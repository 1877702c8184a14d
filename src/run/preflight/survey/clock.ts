import type { ClockFacts } from '../../../model/node-facts.js';
import { type Answer, textOf } from './answer.js';

/** When the node was asked and had answered, by the clock here. ms since the epoch. */
export interface Exchange {
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * The offset of the node's clock, as NTP has it (RFC 5905, section 8): with t1, t4 the times here and t2, t3 those there,
 * `((t2 − t1) + (t3 − t4)) / 2`, and nobody can tell it better than half of what was spent on the way.
 *
 * @returns `null` where the node did not tell both times.
 */
export function parseClock(answer: Answer, { askedAt, answeredAt }: Exchange): ClockFacts | null {
  const begin = readTime(textOf(answer, 'clock'));
  const end = readTime(textOf(answer, 'clock-end'));
  if (!begin || !end) return null;
  const offset = (begin.ms - askedAt + (end.ms - answeredAt)) / 2;
  const onTheWay = Math.max(0, answeredAt - askedAt - (end.ms - begin.ms));
  const uncertainty = Math.ceil(onTheWay / 2 + begin.uncertaintyMs);
  return {
    skew_ms: Math.abs(offset) <= uncertainty ? 0 : Math.round(offset),
    uncertainty_ms: uncertainty,
  };
}

/** Seconds with a fraction; a `date` that knows whole seconds only leaves something else behind the point. */
function readTime(text: string | null): { ms: number; uncertaintyMs: number } | null {
  const found = /^(\d+)(?:\.(\d+)?)?/.exec(text ?? '');
  if (!found) return null;
  const seconds = Number(found[1]) * 1000;
  const fraction = found[2];
  return fraction === undefined
    ? { ms: seconds + 500, uncertaintyMs: 500 }
    : { ms: seconds + Number(`0.${fraction}`) * 1000, uncertaintyMs: 0 };
}
