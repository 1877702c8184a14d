import type { XStatic } from 'typebox/schema';

import { duration, flag, name, size, text, texts } from './define.js';
import { hooks } from './hooks.js';
import {
  concurrentDeployment,
  concurrentExecution,
  isolation,
  retryStrategy,
  serviceHealthCheck,
  testExecution,
} from './settings.js';

const healthCheck = {
  type: 'object',
  description: 'What makes the service ready. {host}, {node} and {service} stand for its own.',
  additionalProperties: false,
  properties: {
    type: {
      type: 'string',
      enum: ['container', 'http', 'tcp', 'command', 'log'],
      description:
        'container: the health check of the compose file. http: a URL answers. tcp: a port accepts. command: a program exits with 0. log: a line of the log matches.',
    },
    url: text('For http: "http://{host}:8000/health".'),
    status: {
      type: 'integer',
      minimum: 100,
      maximum: 599,
      description: 'For http: the status that passes. Any 2xx where it is not given.',
    },
    host: text("For tcp: where to connect; the node's host where it is not given."),
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'For tcp.' },
    command: {
      description: 'For command: a program with its arguments, or a line for /bin/sh.',
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    },
    pattern: text('For log: a regular expression that a line has to match.'),
    timeout: duration('How long the service may take from its start to ready.'),
    interval: duration('Time between probes.', 1),
  },
} as const;

const dependency = {
  anyOf: [
    { type: 'string', description: 'A service, or one of its instances: name@node.' },
    {
      type: 'object',
      additionalProperties: false,
      required: ['service'],
      properties: {
        service: text('A service, or one of its instances: name@node.'),
        condition: {
          type: 'string',
          enum: ['service_started', 'service_healthy', 'service_completed_successfully'],
          description: 'What to wait for.',
        },
      },
    },
  ],
} as const;

const service = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: text('A service of the compose file.'),
    node: text('Where it runs.'),
    nodes: texts('Where it runs, one instance on each.'),
    compose_file: text("The compose file that defines it, relative to the scenario's folder."),
    depends_on: {
      type: 'array',
      items: dependency,
      description: 'What has to be ready before; joined with depends_on of the compose file.',
    },
    health_check: healthCheck,
  },
} as const;

export const metadataSchema = {
  title: 'playbook metadata.yaml',
  description: 'One scenario: what it is called, where its services run and how it is tested.',
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: name('What the scenario is called everywhere. Unique in the project.'),
    description: text('One line for people.'),
    enabled: flag('false: the scenario is skipped.', true),
    estimated_duration: duration('How long the scenario takes, roughly.'),
    tags: texts('For filters.'),
    resource_requirements: {
      type: 'object',
      description: 'What the scenario needs.',
      additionalProperties: false,
      properties: {
        min_gpu_memory: size('Memory that each of the GPUs has to have.'),
        min_gpus: {
          type: 'integer',
          minimum: 0,
          description: 'How many such GPUs a node has to have; 1 where something is said of them.',
        },
        gpu_model: text("Words of the GPU's name, as nvidia-smi says it: H20, H100, RTX 4090."),
        min_nodes: {
          type: 'integer',
          minimum: 1,
          description: 'How many enabled nodes there have to be.',
        },
      },
    },
    deployment: {
      type: 'object',
      description: 'Where the services run.',
      additionalProperties: false,
      properties: {
        node: text('Where services go that name no node.'),
        services: {
          type: 'array',
          items: service,
          description:
            'What is deployed. Without it: every service of the compose file, with its own depends_on.',
        },
      },
    },
    test_execution: testExecution,
    service_health_check: serviceHealthCheck,
    concurrent_deployment: concurrentDeployment,
    concurrent_execution: concurrentExecution,
    retry_strategy: retryStrategy,
    hooks,
    isolation,
  },
} as const;

export type MetadataFile = XStatic<typeof metadataSchema>;
export type HealthCheckEntry = XStatic<typeof healthCheck>;
