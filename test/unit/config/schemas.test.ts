import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import {
  readSchema,
  SCHEMA_NAMES,
  schemaPath,
  type SchemaName,
} from '../../../src/config/schema-files.js';

const EXAMPLES: Readonly<Record<SchemaName, string>> = {
  nodes: `nodes:
  node1:
    transport: ssh
    host: 10.0.0.1
    port: 22
    username: root
    password: "\${NODE1_PASSWORD}"
    proxy_jump: bastion
    use_ssh_config: true
    host_key: strict
    known_hosts: ~/.ssh/known_hosts
    keepalive_interval: 10
    enabled: true
    runtime: docker
    docker_compose_path: /opt/inference
    results_path: /opt/benchmark/results
    labels: { gpu: h20 }
`,
  scenarios: `execution:
  scenarios_root: scenarios
  execution_mode: auto
  custom_order: [{ name: baseline_test, directory: 001_baseline, enabled: true, description: "" }]
execution_config:
  default_collection_mode: standard
  concurrent_deployment: { max_concurrent_services: 5, max_concurrent_health_checks: 10, deployment_timeout: 600, health_check_timeout: 300, scheduling: eager }
  retry_strategy: { scenario_level_retries: 0, service_level_retries: 2, retry_delay: 30, retry_only_failed: true }
filters: { include_tags: [], exclude_tags: [], only_scenarios: [], skip_scenarios: [] }
inter_scenario: { wait_between_scenarios: 0, continue_on_failure: true, retry_count: 0 }
`,
  defaults: `service_health_check: { enabled: true, strategy: standard, startup_timeout: 200, max_retries: 4 }
test_execution: { timeout: 2400, node: local, collection_mode: standard }
concurrent_execution: { max_concurrent_services: 4, deployment_timeout: 450, max_concurrent_health_checks: 7 }
`,
  metadata: `name: baseline_test
description: ""
enabled: true
estimated_duration: 1800
tags: [performance, baseline]
resource_requirements: { min_gpu_memory: 24GB, min_nodes: 2 }
deployment:
  node: node1
  services:
    - name: p-1
      node: node1
      compose_file: docker-compose.yml
      depends_on: [redis, { service: db, condition: service_healthy }]
      health_check: { type: http, url: "http://{host}:18008/health", timeout: 120 }
test_execution:
  node: local
  script: run_test.sh
  timeout: 2400
  result_paths: ["results/"]
  collection_mode: standard
  env: { EXTRA: value }
`,
  'test-config': `{"base_url": "http://x", "model": "m", "num_prompts": 10, "max_concurrency": [1, 2], "request_rate": "inf", "mine": 1}`,
};

interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

async function schemaOf(name: SchemaName): Promise<Schema> {
  return JSON.parse(await readSchema(name)) as Schema;
}

async function validatorOf(name: SchemaName) {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
  ajv.addVocabulary(['patternErrorMessage']);
  return ajv.compile(await schemaOf(name));
}

/** Key paths without a description, which is what an editor shows. */
function undescribed(schema: Schema, path: string): string[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    ...(inner.description ? [] : [`${path}.${key}`]),
    ...undescribed(inner, `${path}.${key}`),
  ]);
  const others = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
  return [
    ...below,
    ...others.flatMap((inner) =>
      typeof inner === 'object' ? undescribed(inner, `${path}.*`) : [],
    ),
  ];
}

describe.each(SCHEMA_NAMES)('the schema of %s', (name) => {
  it('is one that editors understand, with words for every key', async () => {
    const schema = await schemaOf(name);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.title).toMatch(/^playbook /);
    expect(undescribed(schema, '')).toEqual([]);
    expect(schemaPath(name)).toMatch(new RegExp(`/schemas/${name}\\.schema\\.json$`));
  });

  it('takes what the documentation shows', async () => {
    const validate = await validatorOf(name);
    validate(parse(EXAMPLES[name]));
    expect(validate.errors).toBeNull();
  });
});

describe('the published schemas', () => {
  it.each([
    [
      'nodes',
      'nodes: { n: { port: "${PORT}", agent: "${A:-true}", transport: "${T}", keepalive_interval: "${K}" } }',
    ],
    [
      'metadata',
      'name: "${N}"\nenabled: "${E}"\nestimated_duration: "${D:-5m}"\nx-note: [1]\ntest_execution: { x-a: 1, timeout: "1${U}" }',
    ],
    ['defaults', 'retry_strategy: { service_level_retries: "${R}" }'],
  ] as const)('take variables wherever a value stands (%s)', async (name, text) => {
    const validate = await validatorOf(name);
    validate(parse(text));
    expect(validate.errors).toBeNull();
  });

  it.each([
    ['nodes', 'nodes: { n: { prot: 22 } }'],
    ['nodes', 'nodes: { n: { port: "22" } }'],
    ['metadata', 'name: a b'],
    ['metadata', 'name: a\nestimated_duration: soon'],
    ['scenarios', 'execution: { execution_mode: custum }'],
    ['defaults', 'test_execution: { timeout: -1 }'],
  ] as const)('refuse what is wrong (%s: %s)', async (name, text) => {
    const validate = await validatorOf(name);
    expect(validate(parse(text))).toBe(false);
  });
});
