import type { XStatic } from 'typebox/schema';

import { count, duration, flag, name, text, texts } from './define.js';
import { hooks } from './hooks.js';
import { notifications } from './notifications.js';
import {
  collectionMode,
  concurrentDeployment,
  concurrentExecution,
  isolation,
  leaseTimeout,
  retryStrategy,
} from './settings.js';

export const scenariosSchema = {
  title: 'playbook scenarios.yaml',
  description: 'Which scenarios there are, in which order they run, and how the suite behaves.',
  type: 'object',
  additionalProperties: false,
  properties: {
    execution: {
      type: 'object',
      description: 'Where scenarios lie and in which order they run.',
      additionalProperties: false,
      properties: {
        scenarios_root: {
          type: 'string',
          default: 'scenarios',
          description: 'The folder of the scenarios, relative to the project.',
        },
        execution_mode: {
          type: 'string',
          enum: ['auto', 'directory', 'custom'],
          default: 'auto',
          description:
            'auto: every scenario folder, by its name. directory: strictly by the name of the folder. custom: what custom_order lists, in its order.',
        },
        custom_order: {
          type: 'array',
          description: 'For execution_mode custom.',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['directory'],
            properties: {
              name: name('The name of the scenario, as its metadata.yaml says.'),
              directory: text('Its folder under scenarios_root.'),
              enabled: flag('false: it is skipped. Overrides its metadata.yaml.', true),
              description: text('Where its metadata.yaml has none.'),
            },
          },
        },
      },
    },
    execution_config: {
      type: 'object',
      description: 'Defaults for all scenarios; one layer with defaults.yaml.',
      additionalProperties: false,
      properties: {
        default_collection_mode: collectionMode(
          'How much is collected where a scenario says nothing.',
        ),
        concurrent_deployment: concurrentDeployment,
        concurrent_execution: concurrentExecution,
        retry_strategy: retryStrategy,
        lease_timeout: leaseTimeout,
        hooks,
        notifications,
        isolation,
      },
    },
    filters: {
      type: 'object',
      description: 'Which of the scenarios run; a scenario has to pass all four.',
      additionalProperties: false,
      properties: {
        include_tags: texts('Only scenarios with one of these tags. Empty: all.'),
        exclude_tags: texts('No scenario with one of these tags.'),
        only_scenarios: texts('Only these scenarios. Empty: all.'),
        skip_scenarios: texts('None of these scenarios.'),
      },
    },
    inter_scenario: {
      type: 'object',
      description: 'What happens between scenarios.',
      additionalProperties: false,
      properties: {
        wait_between_scenarios: duration('Pause between scenarios.', 0),
        continue_on_failure: flag('false: the first failed scenario ends the suite.', true),
        retry_count: count('Another name of retry_strategy.scenario_level_retries.', 0, 0),
      },
    },
  },
} as const;

export type ScenariosFile = XStatic<typeof scenariosSchema>;
