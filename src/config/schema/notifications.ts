import type { XStatic } from 'typebox/schema';

import { duration, textMap } from './define.js';

const webhook = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      description:
        'Where to send it: an incoming webhook of Slack, Mattermost and the like, or an address of your own. Write it as "${SLACK_WEBHOOK_URL}": it is a secret. Empty: nothing is sent.',
    },
    on: {
      type: 'array',
      items: { type: 'string', enum: ['suite_finished', 'suite_failed', 'scenario_failed'] },
      default: ['suite_finished', 'scenario_failed'],
      description:
        'What is told. suite_finished: every run, when it ends. suite_failed: only those with an exit code other than 0. scenario_failed: each scenario that does not complete, at once.',
    },
    timeout: duration(
      'Limit for one try; after a fault of the server or network it is tried twice more.',
      10,
    ),
    headers: textMap('Added to the request.'),
  },
} as const;

export const notifications = {
  type: 'object',
  title: 'Notifications',
  description: 'Who is told how a run went.',
  additionalProperties: false,
  properties: {
    webhook: {
      description: 'An address that gets JSON by POST, as Slack understands it, or a list of them.',
      anyOf: [{ type: 'string' }, webhook, { type: 'array', items: webhook }],
    },
  },
} as const;

export type WebhookEntry = XStatic<typeof webhook>;
