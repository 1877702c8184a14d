/**
 * What starting costs: `--version` and `validate` of 100 scenarios, as ratios to an empty Node process in the same run.
 * `npm run bench:startup` (after `npm run build`).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PLAYBOOK = fileURLToPath(new URL('../../bin/playbook.js', import.meta.url));
const SCENARIOS = 100;
const ROUNDS = 15;

function makeProject(): string {
  const root = mkdtempSync(path.join(tmpdir(), 'playbook-bench-'));
  mkdirSync(path.join(root, 'config'));
  writeFileSync(
    path.join(root, 'config/nodes.yaml'),
    'nodes:\n  node1: { transport: local, runtime: process }\n',
  );
  for (let index = 0; index < SCENARIOS; index += 1) {
    const folder = path.join(root, 'scenarios', `${String(index).padStart(3, '0')}_engine`);
    mkdirSync(folder, { recursive: true });
    const write = (file: string, text: string) =>
      writeFileSync(path.join(folder, file), text, { mode: 0o755 });
    write(
      'metadata.yaml',
      `name: engine-${index}
description: "prefill and decode behind a router, variant ${index}"
estimated_duration: 30m
tags: [performance, nightly]
resource_requirements: { min_nodes: 1 }
deployment:
  node: node1
  services:
    - name: prefill
      health_check: { type: http, url: "http://{host}:18001/health", timeout: 5m }
    - name: decode
      health_check: { type: http, url: "http://{host}:18002/health", timeout: 5m }
    - name: router
      depends_on: [prefill, decode]
test_execution:
  script: run_test.sh
  timeout: 40m
  result_paths: ["results/"]
`,
    );
    write(
      'docker-compose.yml',
      `x-engine: &engine
  image: inference-engine:latest
  environment:
    MODEL: /data/model
    MAX_BATCH: "${index}"
services:
  prefill: { <<: *engine, command: "serve --role prefill --port 18001" }
  decode: { <<: *engine, command: "serve --role decode --port 18002" }
  router:
    image: router:latest
    command: ["route", "--port", "18000"]
    healthcheck: { test: ["CMD", "true"], interval: 5s }
`,
    );
    write('test_config.json', '{ "base_url": "http://127.0.0.1:18000", "num_prompts": 1000 }\n');
    write('run_test.sh', '#!/bin/sh\ntrue\n');
  }
  return root;
}

function timeMs(args: readonly string[], cwd?: string): number {
  const begin = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  const took = performance.now() - begin;
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stdout}${stderr}`);
  return took;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const root = makeProject();
try {
  const commands = {
    'node -e 0': () => timeMs(['-e', '0']),
    '--version': () => timeMs([PLAYBOOK, '--version']),
    [`validate, ${SCENARIOS} scenarios`]: () => timeMs([PLAYBOOK, 'validate'], root),
  };
  const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(commands)) {
      const took = run();
      // The first round warms the file cache.
      if (round > 0) times.get(name)?.push(took);
    }
  }
  const empty = median(times.get('node -e 0') ?? []);
  const aims = new Map([
    ['--version', 1.6],
    [`validate, ${SCENARIOS} scenarios`, 5],
  ]);
  console.log(
    `startup, median of ${ROUNDS} rounds, as a ratio to node -e 0 (${empty.toFixed(0)} ms)`,
  );
  for (const [name, aim] of aims) {
    const took = median(times.get(name) ?? []);
    console.log(
      `  ${name.padEnd(24)} ${took.toFixed(0).padStart(5)} ms  ${(took / empty).toFixed(2)}  (aim: ${aim})`,
    );
  }
} finally {
  rmSync(root, { recursive: true });
}
