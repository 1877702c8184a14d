import { hostname } from 'node:os';

import type { SuitePlan } from '../model/plan.js';
import type { Reporter } from '../report/reporter.js';
import type { Emit } from '../run/events.js';

/**
 * Who else is told how a run goes. To be listed last: what could not be sent is for the other reporters to say.
 *
 * @param signal The run is to stop.
 */
export async function openWebhooks(
  { webhooks }: SuitePlan,
  tell: Emit,
  signal: AbortSignal,
): Promise<readonly Reporter[]> {
  if (webhooks.length === 0) return [];
  const { createWebhookReporter } = await import('../report/webhook/webhook.js');
  const host = hostname();
  return webhooks.map((webhook) =>
    createWebhookReporter(webhook, {
      host,
      signal,
      warn: (message) => tell({ type: 'warning', message }),
      onWaiting: (reason, waitMs) =>
        tell({ type: 'waiting', scenario: null, duration_s: waitMs / 1000, reason }),
    }),
  );
}
