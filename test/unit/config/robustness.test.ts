import { Socket } from 'node:net';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadProject, problemsFor } from '../../../src/config/load.js';
import { load, show, writeProject, type Files } from './temporary-project.js';

/** A project that uses nearly everything. */
const PROJECT: Record<string, string> = {
  '.env': 'PORT=2222\n',
  'config/nodes.yaml': `nodes:
  here: { transport: local, runtime: process, labels: { gpu: none } }
  node1:
    host: 10.0.0.1
    port: "\${PORT}"
    username: root
    password: "\${NODE1_PASSWORD:-none}"
    host_key: accept-new
    proxy_jump: here
    keepalive_interval: 10s
    docker_compose_path: /opt/inference
`,
  'config/scenarios.yaml': `execution:
  scenarios_root: scenarios
  execution_mode: custom
  custom_order:
    - { name: first, directory: one, enabled: true }
    - directory: two
execution_config:
  default_collection_mode: basic
  concurrent_deployment: { max_concurrent_services: 5, scheduling: batch }
  retry_strategy: { retry_delay: 1m }
filters: { skip_scenarios: [second], include_tags: [] }
inter_scenario: { wait_between_scenarios: 5, continue_on_failure: true, retry_count: 1 }
`,
  'config/defaults.yaml': `service_health_check: { strategy: thorough, max_retries: 4 }
test_execution:
  timeout: 40m
  env: { A: 1 }
`,
  'scenarios/one/metadata.yaml': `name: first
description: "one"
tags: [a, b]
estimated_duration: 1h30m
resource_requirements: { min_gpu_memory: 24GB, min_nodes: 2 }
deployment:
  node: here
  services:
    - name: server
      nodes: [here, node1]
      depends_on: [db, { service: init, condition: service_completed_successfully }]
      health_check: { type: http, url: "http://{host}:8000/{node}", timeout: 120 }
    - name: db
      health_check:
        type: log
        pattern: "ready on \\\\d+"
    - name: init
test_execution:
  node: auto
  result_paths: ["results/", "*.json"]
  env: { HF_TOKEN: "\${TOKEN:-x}" }
`,
  'scenarios/one/docker-compose.yml': `x-base: &base
  environment: { A: "\${HOME:-none}" }
include:
  - more.yml
services:
  server:
    <<: *base
    image: engine
    command: ["serve", "--port", "8000"]
    ports: ["8000:8000"]
    env_file: [a.env]
    healthcheck: { test: ["CMD", "true"], interval: 5s, retries: 3 }
    depends_on:
      db: { condition: service_healthy }
  init:
    extends: { file: more.yml, service: base }
    command: sh -c "exit 0"
`,
  'scenarios/one/more.yml': `services:
  base: { image: x, command: sleep 1, profiles: [none] }
  db:
    image: redis
    command: |
      redis-server
    healthcheck:
      test: redis-cli ping
`,
  'scenarios/one/a.env': 'A=1\nB="two ${A}"\n',
  'scenarios/one/.env': 'COMPOSE_PROFILES=none\n',
  'scenarios/one/test_config.json': '{ "model": "m", "max_concurrency": [1, 2] }\n',
  'scenarios/one/run_test.sh': '#!/bin/sh\n',
  'scenarios/two/metadata.yaml': 'name: second\nenabled: false\n',
  'scenarios/two/run_test.sh': '#!/bin/sh\n',
};
const NAMES = Object.keys(PROJECT).filter((name) => !name.endsWith('.sh'));

const connect = vi.spyOn(Socket.prototype, 'connect');

beforeEach(() => {
  connect.mockImplementation(() => {
    throw new Error('opened a socket');
  });
});
afterEach(() => {
  expect(connect).not.toHaveBeenCalled();
});

/** Loads, and checks what has to hold for any files at all. */
/** @returns What is wrong with it, if anything. */
async function expectSound(files: Files): Promise<readonly string[]> {
  const loaded = await loadProject({ root: writeProject(files), environment: { HOME: '/root' } });
  const errors = problemsFor(loaded, undefined).filter(({ severity }) => severity === 'error');
  const { project } = loaded;
  if (project === null) expect(errors).not.toEqual([]);
  for (const { file, line, column, message } of loaded.problems) {
    expect(file).not.toBe('');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe('');
    expect(message).not.toMatch(/undefined|\[object|NaN|TypeError/);
  }
  for (const scenario of project?.scenarios ?? []) {
    expect(
      problemsFor(loaded, [scenario.name]).filter(
        ({ scope, severity }) => scope.kind === 'scenario' && severity === 'error',
      ),
    ).toEqual([]);
    expect(loaded.explain(scenario.name)).toBeDefined();
    expect(() => JSON.stringify(scenario)).not.toThrow();
  }
  return errors.map(({ message }) => message);
}

describe('loading', () => {
  it('finds nothing wrong with the project that the mutations start from', async () => {
    const loaded = await load(PROJECT);
    expect(loaded.problems.map(show)).toEqual([]);
    expect(loaded.project?.scenarios[0]?.services.map(({ id }) => id)).toEqual([
      'server@here',
      'server@node1',
      'db',
      'init',
    ]);
  });

  it(
    'withstands hundreds of random changes to the bytes of its files',
    { timeout: 120_000 },
    async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array)),
        fc
          .constantFrom(
            '\t',
            ':',
            '- ',
            '{',
            '}',
            '[',
            ']',
            '"',
            "'",
            '&a ',
            '*a ',
            '<<: ',
            '${',
            '$',
            '}',
            '\0',
            '\n',
            '\r\n',
            '---\n',
            '!x ',
            '|',
            '#',
            '  ',
            '__proto__',
            '\uFEFF',
          )
          .map((text) => Buffer.from(text)),
      );
      const change = fc.record({
        name: fc.constantFrom(...NAMES),
        at: fc.nat(),
        removed: fc.nat(12),
        bytes,
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const files: Record<string, string | Buffer> = { ...PROJECT };
          for (const { name, at, removed, bytes: inserted } of changes) {
            const before = Buffer.from(files[name] ?? '');
            const offset = at % (before.length + 1);
            files[name] = Buffer.concat([
              before.subarray(0, offset),
              inserted,
              before.subarray(offset + removed),
            ]);
          }
          await expectSound(files);
        }),
        { numRuns: 200 },
      );
    },
  );

  it(
    'withstands hundreds of random changes to what its files say',
    { timeout: 120_000 },
    async () => {
      const values = [
        '',
        '~',
        '5',
        '-1',
        '0',
        '1.5',
        'true',
        'text',
        '[]',
        '{}',
        '[1, {}]',
        '{ a: { b: c } }',
        '"${NOPE}"',
        '"${PORT}"',
        '"$X"',
        '.nan',
        '1e999',
        'here',
        'server',
        'first',
        '../x',
        '/',
        '0s',
        '[[[]]]',
        '"\\0"',
        '__proto__',
        'constructor',
        '{ __proto__: 1 }',
        '{ constructor: [1] }',
      ];
      // A value of some line, or a whole line, becomes something else.
      const change = fc.record({
        name: fc.constantFrom(...NAMES.filter((name) => /\.ya?ml$/.test(name))),
        line: fc.nat(),
        value: fc.constantFrom(...values),
        kind: fc.constantFrom('value', 'key', 'inner', 'delete', 'repeat', 'swap'),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const files = { ...PROJECT };
          for (const { name, line, value, kind } of changes) {
            const lines = (files[name] ?? '').split('\n');
            const at = line % lines.length;
            const before = lines[at] ?? '';
            if (kind === 'value') lines[at] = before.replace(/: .*$|:$/, `: ${value}`);
            else if (kind === 'key') lines[at] = before.replace(/[\w-]+:/, `${value || 'x'}:`);
            else if (kind === 'inner') lines[at] = before.replace(/(?<=[[{,:] )[\w"$./-]+/, value);
            else if (kind === 'delete') lines.splice(at, 1);
            else if (kind === 'repeat') lines.splice(at, 0, before);
            else [lines[at], lines[at + 1]] = [lines[at + 1] ?? '', before];
            files[name] = lines.join('\n');
          }
          await expectSound(files);
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each([
    ['holds NUL', '"\\0"'],
    ['is too long for any file', `"${'x'.repeat(300)}"`],
    ['goes through a file', '"one/metadata.yaml/x"'],
  ])('takes a folder whose name %s for one that does not exist', async (_, directory) => {
    const errors = await expectSound({
      ...PROJECT,
      'config/scenarios.yaml': `execution:
  execution_mode: custom
  custom_order: [{ name: first, directory: ${directory} }]
`,
    });
    expect(errors.join()).toContain('does not exist');
  });

  it.each([
    ['a directory', (name: string) => ({ [`${name}/`]: '' })],
    ['nothing', (name: string) => ({ [name]: '' })],
    ['10 MB', (name: string) => ({ [name]: 'a: 1\n'.repeat(2_000_000) })],
    [
      'binary data',
      (name: string) => ({
        [name]: Buffer.from(Array.from({ length: 2000 }, (_, at) => (at * 37) % 256)),
      }),
    ],
    ['one endless line', (name: string) => ({ [name]: 'x'.repeat(1_000_000) })],
    ['a million brackets', (name: string) => ({ [name]: '['.repeat(1_000_000) })],
    ['ten thousand lines', (name: string) => ({ [name]: '- a\n'.repeat(10_000) })],
    [
      'ten thousand keys',
      (name: string) => ({
        [name]: Array.from({ length: 10_000 }, (_, at) => `k${at}: ${at}\n`).join(''),
      }),
    ],
    ['quotes', (name: string) => ({ [name]: '"'.repeat(20_001) })],
    [
      'dollars',
      (name: string) => ({ [name]: `services: { a: { command: "${'${x:-'.repeat(100_000)}" } }` }),
    ],
  ] as const)('takes %s in place of any file', { timeout: 120_000 }, async (_what, replace) => {
    for (const name of NAMES) {
      const others = Object.fromEntries(
        Object.entries(PROJECT).filter(([other]) => other !== name),
      );
      const start = performance.now();
      await expectSound({ ...others, ...(replace(name) as Files) });
      expect(performance.now() - start, name).toBeLessThan(10_000);
    }
  });

  it('does without a project', async () => {
    for (const root of ['/nowhere/at/all', writeProject({ config: 'a file' }), '/dev/null']) {
      const loaded = await loadProject({ root, environment: {} });
      expect(loaded.project).toBeNull();
      expect(loaded.problems.map(({ file }) => file)).toContain('config/nodes.yaml');
    }
  });
});
