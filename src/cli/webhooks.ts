import { hostname } from 'node:os';

import type { SuitePlan } from '../model/plan.js';
import type { Reporter } from '../report/reporter.js';
import type { Warnings } from '../run/warnings.js';

/** Who else is told how a run goes. To be listed last: what could not be sent is for the other reporters to say. */
export async function openWebhooks(
  { webhooks }: SuitePlan,
  warnings: Warnings,
): Promise<readonly Reporter[]> {
  if (webhooks.length === 0) return [];
  const { createWebhookReporter } = await import('../report/webhook/webhook.js');
  const host = hostname();
  return webhooks.map((webhook) =>
    createWebhookReporter(webhook, { host, warn: (message) => warnings.add(message) }),
  );
}
