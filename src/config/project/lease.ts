import { reportUnset } from '../check/section.js';
import type { Report } from '../problem-log.js';
import { parseDuration } from '../value/duration.js';
import { locateEntry, renderPath } from '../yaml/tree.js';
import { LEASE_SETTING } from './built-in.js';
import { findWritten, type Layer } from './layers.js';

/** Long enough for a controller that restarts its network, short enough for nodes that others wait for. */
const DEFAULT_MS = 15 * 60_000;
/** A renewal is a round trip, and a node may be busy. */
const SHORTEST_MS = 3_000;

/** For how long a run may not be heard of before its nodes clean up by themselves, in ms. */
export function resolveLeaseTimeout(layers: readonly Layer[], report: Report): number {
  const written = findWritten(layers, LEASE_SETTING);
  if (!written || !reportUnset(written.entry.value, written.path, report)) return DEFAULT_MS;
  const { value } = written.entry;
  // What the schema refused is none of ours.
  if (
    value.kind !== 'scalar' ||
    (typeof value.value !== 'string' && typeof value.value !== 'number')
  ) {
    return DEFAULT_MS;
  }
  const timeoutMs = parseDuration(value.value) ?? DEFAULT_MS;
  if (timeoutMs >= SHORTEST_MS) return timeoutMs;
  report({
    severity: 'error',
    at: locateEntry(written.entry),
    path: renderPath(written.path),
    message: `must be at least ${SHORTEST_MS / 1000} s`,
    hint: 'nodes are given that long to hear of the run before they remove it',
  });
  return DEFAULT_MS;
}
