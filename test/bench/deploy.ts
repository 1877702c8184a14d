/**
 * How much time deployment adds: the makespan of a graph of real containers with health checks every 200 ms, over the
 * critical path of the same graph (the time that the containers themselves take to become healthy), beside compose.
 * `npm run bench:deploy`, with the lab up.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { StampedEvent } from '../../src/model/event.js';
import { LAB_PROJECT, labNode, labSkipReason, onNode } from '../lab/support/lab.js';

/** Each service, the ms it needs until it is healthy, and what it waits for. */
const GRAPH: readonly (readonly [name: string, takesMs: number, waitsFor: readonly string[]])[] = [
  ['a1', 600, []],
  ['a2', 300, []],
  ['b1', 500, ['a1', 'a2']],
  ['b2', 800, ['a2']],
  ['c1', 400, ['b1']],
  ['c2', 700, ['b1', 'b2']],
  ['d1', 600, ['c1', 'c2']],
];

const finish = new Map<string, number>();
const depth = new Map<string, number>();
for (const [name, takesMs, waitsFor] of GRAPH) {
  finish.set(name, Math.max(0, ...waitsFor.map((one) => finish.get(one) ?? 0)) + takesMs);
  depth.set(name, Math.max(0, ...waitsFor.map((one) => depth.get(one) ?? 0)) + 1);
}
const criticalS = Math.max(...finish.values()) / 1000;
const levels = Math.max(...depth.values());

function composeFile(): string {
  const services = GRAPH.map(([name, takesMs, waitsFor]) =>
    [
      `  ${name}:`,
      '    image: lab/busybox:1',
      '    init: true',
      `    command: sh -c 'sleep ${takesMs / 1000}; touch /tmp/healthy; exec sleep 3600'`,
      `    healthcheck: { test: ['CMD', 'test', '-e', '/tmp/healthy'], interval: 200ms, timeout: 5s, retries: 50 }`,
      ...(waitsFor.length > 0 ? ['    depends_on:'] : []),
      ...waitsFor.map((one) => `      ${one}: { condition: service_healthy }`),
    ].join('\n'),
  );
  return `services:\n${services.join('\n')}\n`;
}

async function withPlaybook(folder: string, node: string): Promise<number> {
  const cli = fileURLToPath(new URL('../../bin/playbook.js', import.meta.url));
  const child = spawn('node', [cli, '-C', folder, 'run', node, '--reporter', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`playbook exited with ${String(code)}`);
  const events = out
    .split('\n')
    .filter((line) => line.startsWith('{"at"'))
    .map((line) => JSON.parse(line) as StampedEvent);
  const begin = events.find((event) => event.type === 'phase_started' && event.phase === 'deploy');
  const end = events.findLast((event) => event.type === 'service_ready');
  if (!begin || !end) throw new Error('no deployment in the events');
  return (Date.parse(end.at) - Date.parse(begin.at)) / 1000;
}

/** Waits until all of them are healthy, which V1 does not do by itself for those that nobody waits for. */
async function withCompose(node: string, compose: readonly string[]): Promise<number> {
  const script = `
    mkdir -p /tmp/bench-deploy && cd /tmp/bench-deploy && cat > docker-compose.yml || exit 3
    begin=$(date +%s%N)
    ${compose.join(' ')} >log 2>&1 || { cat log >&2; exit 1; }
    while docker ps --filter name=bench-deploy --format '{{.Status}}' | grep -qv '(healthy)'; do sleep 0.02; done
    end=$(date +%s%N)
    ${compose[0] === 'docker' ? 'docker compose' : 'docker-compose'} down -t 0 >/dev/null 2>&1
    cd / && rm -rf /tmp/bench-deploy
    echo $(((end - begin) / 1000000))`;
  const result = await onNode(labNode(node), ['sh', '-c', script], { input: composeFile() });
  if (result.exitCode !== 0 || result.stdout.trim() === '')
    throw new Error(`${compose.join(' ')}: ${result.stderr}`);
  return Number(result.stdout.trim()) / 1000;
}

function tell(name: string, makespanS: number): void {
  const added = (makespanS - criticalS) / levels;
  console.log(
    `${name.padEnd(28)} ${makespanS.toFixed(2).padStart(6)} s  = ${(makespanS / criticalS).toFixed(2)} of the critical path, ${added.toFixed(2)} s added per level`,
  );
}

const reason = labSkipReason();
if (reason !== null) throw new Error(reason);
const folder = await mkdtemp(path.join(tmpdir(), 'playbook-deploy-'));
try {
  await cp(LAB_PROJECT, folder, { recursive: true });
  await rm(path.join(folder, 'scenarios'), { recursive: true });
  for (const node of ['node1', 'node2']) {
    const scenario = path.join(folder, 'scenarios', node);
    await mkdir(scenario, { recursive: true });
    await writeFile(path.join(scenario, 'docker-compose.yml'), composeFile());
    await writeFile(
      path.join(scenario, 'metadata.yaml'),
      `name: ${node}\ndeployment: { node: ${node} }\ntest_execution: { script: run_test.sh }\n`,
    );
    await writeFile(path.join(scenario, 'run_test.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  }
  console.log(
    `${GRAPH.length} services, ${levels} levels, critical path ${criticalS.toFixed(2)} s\n`,
  );
  tell('playbook, Compose V1', await withPlaybook(folder, 'node1'));
  tell('docker-compose up -d (V1)', await withCompose('node1', ['docker-compose', 'up', '-d']));
  tell('playbook, Compose V2', await withPlaybook(folder, 'node2'));
  tell(
    'docker compose up -d --wait',
    await withCompose('node2', ['docker', 'compose', 'up', '-d', '--wait']),
  );
  console.log('\naim: at most 0.5 s added per level');
} finally {
  await rm(folder, { recursive: true, force: true });
}
