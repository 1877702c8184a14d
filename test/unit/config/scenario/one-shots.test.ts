import { describe, expect, it } from 'vitest';

import { problemsOf, withServices } from '../temporary-project.js';

const NODES = { 'config/nodes.yaml': 'nodes: { n1: { host: 10.0.0.1 } }\n' };

const found = (restart: string, condition: string) =>
  problemsOf(
    withServices(
      '',
      `services:
  setup:
    image: x
    ${restart}
  engine: { image: x, depends_on: { setup: { condition: ${condition} } } }
`,
      NODES,
    ),
  );

describe('a one-shot that compose would start again', () => {
  it.each(['on-failure', 'on-failure:3', 'always'])(
    'is warned of, as its failures count: restart: %s',
    async (policy) => {
      expect(await found(`restart: ${policy}`, 'service_completed_successfully')).toEqual([
        'scenarios/one/compose.yaml:4:5 warning services.setup.restart: has no say here: each time setup ends with another status than 0 is a start that failed | `retry_strategy.service_level_retries` says how often it is started again, after `retry_delay`',
      ]);
    },
  );

  it.each([
    ['restart: "no"', 'service_completed_successfully'],
    ['restart: no', 'service_completed_successfully'],
    ['init: true', 'service_completed_successfully'],
    ['restart: on-failure', 'service_started'],
  ])('is none with %s, or where others wait for something else: %s', async (key, condition) => {
    expect(await found(key, condition)).toEqual([]);
  });
});
