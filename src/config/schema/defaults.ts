import type { XStatic } from 'typebox/schema';

import { hooks } from './hooks.js';
import { notifications } from './notifications.js';
import {
  concurrentDeployment,
  concurrentExecution,
  isolation,
  leaseTimeout,
  retryStrategy,
  serviceHealthCheck,
  testExecution,
} from './settings.js';

export const defaultsSchema = {
  title: 'playbook defaults.yaml',
  description:
    'Defaults for all scenarios of the project: the layer between a scenario and what is built in.',
  type: 'object',
  additionalProperties: false,
  properties: {
    service_health_check: serviceHealthCheck,
    test_execution: testExecution,
    concurrent_deployment: concurrentDeployment,
    concurrent_execution: concurrentExecution,
    retry_strategy: retryStrategy,
    lease_timeout: leaseTimeout,
    hooks,
    notifications,
    isolation,
  },
} as const;

export type DefaultsFile = XStatic<typeof defaultsSchema>;
