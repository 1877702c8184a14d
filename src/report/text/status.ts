import type { ScenarioStatus } from '../../model/result.js';
import type { Style } from './style.js';

/** A run or scenario that is still going on has none of the final statuses yet. */
export type RunStatus = ScenarioStatus | 'running';

/** The word, in the colour of what it means. */
export function renderStatus(status: RunStatus, style: Style): string {
  return paintByStatus(status, style)(status);
}

/** The sign and the colour of a status: `✔`, `✖`, `↓`. */
export function renderStatusSign(status: RunStatus, style: Style): string {
  return paintByStatus(status, style)(signOf(status, style));
}

function paintByStatus(status: RunStatus, style: Style): (text: string) => string {
  switch (status) {
    case 'completed':
      return style.good;
    case 'failed':
    case 'invalid':
      return style.bad;
    case 'cancelled':
    case 'interrupted':
      return style.caution;
    case 'skipped':
      return style.faint;
    case 'running':
      return style.accent;
  }
}

function signOf(status: RunStatus, { signs }: Style): string {
  switch (status) {
    case 'completed':
      return signs.done;
    case 'failed':
    case 'invalid':
      return signs.failed;
    case 'cancelled':
    case 'interrupted':
      return signs.warning;
    case 'skipped':
      return signs.skipped;
    case 'running':
      return signs.waiting;
  }
}
