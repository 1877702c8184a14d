import type { HookErrorPolicy, HookPoint } from '../../model/hook.js';

export const DEFAULT_TIMEOUT_MS = 60_000;

/** What comes before a measurement may spoil it; what comes after can at most be missing. */
export function defaultPolicy(point: HookPoint): HookErrorPolicy {
  switch (point) {
    case 'before_suite':
    case 'before_scenario':
    case 'after_ready':
      return 'fail';
    case 'after_benchmark':
    case 'on_failure':
    case 'after_scenario':
    case 'after_suite':
      return 'warn';
  }
}
