import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createFailure } from '../../../src/model/failure.js';
import type { NodeFacts } from '../../../src/model/node-facts.js';
import {
  describeFacts,
  describeGpus,
  describeImages,
  describeSkew,
} from '../../../src/report/nodes/facts.js';
import {
  type HealthRow,
  renderHealth,
  renderHealthSummary,
} from '../../../src/report/nodes/health.js';
import { showNodeProgress } from '../../../src/report/nodes/progress.js';
import { type NodeRow, renderNodes } from '../../../src/report/nodes/node-table.js';
import { renderStatusPage } from '../../../src/report/status-page.js';
import { displayWidth } from '../../../src/report/text/width.js';

const GIB = 2 ** 30;

function node(overrides: Partial<NodeRow> = {}): NodeRow {
  return {
    name: 'node1',
    host: '10.0.0.1',
    transport: 'ssh',
    enabled: true,
    reachable: true,
    runtime: 'docker',
    problems: [],
    ...overrides,
  };
}

function facts(overrides: Partial<NodeFacts> = {}): NodeFacts {
  return {
    user: 'root',
    hostname: 'gpu1',
    kernel: 'Linux 6.8.0',
    architecture: 'x86_64',
    cores: 64,
    memory_total_bytes: 512 * GIB,
    memory_available_bytes: 500 * GIB,
    load_1m: 0.1,
    docker: '27.3.1',
    compose: '2.29.7',
    disks: [
      { use: 'work', path: '/opt', free_bytes: 800 * GIB, total_bytes: 900 * GIB },
      { use: 'docker', path: '/var/lib/docker', free_bytes: 120 * GIB, total_bytes: 900 * GIB },
    ],
    gpus: Array.from({ length: 8 }, (_, index) => ({
      index,
      name: 'NVIDIA H20',
      memory_total_bytes: 97_871 * 2 ** 20,
      memory_used_bytes: 0,
      driver: '550.90.07',
    })),
    clock: { skew_ms: 0, uncertainty_ms: 3 },
    ...overrides,
  };
}

function health(overrides: Partial<HealthRow> = {}): HealthRow {
  return {
    ...node(),
    strategy: 'standard',
    facts: null,
    images: [],
    failures: [],
    warnings: [],
    ...overrides,
  };
}

describe('the table of nodes', () => {
  it('shows the nodes of the project', () => {
    const text = renderNodes([
      node(),
      node({ name: 'spare', transport: 'local', enabled: false, runtime: 'process' }),
    ]);
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
      NODE   HOST      TRANSPORT  RUNTIME  ENABLED
      node1  10.0.0.1  ssh        docker   yes
      spare  10.0.0.1  local      process  no
      "
    `);
  });
});

describe('what health shows', () => {
  const failure = (
    kind: Parameters<typeof createFailure>[0],
    message: string,
    hint: string | null = null,
  ) => createFailure(kind, message, { node: 'node2', hint });

  it('is a table, and below it every problem with what to do about it', () => {
    const rows = [
      health({ facts: facts(), images: [{ image: 'vllm:1', status: 'will_be_pulled' }] }),
      health({
        name: 'node2',
        facts: facts({ gpus: [], clock: { skew_ms: 12_300, uncertainty_ms: 4 } }),
        failures: [
          failure('disk_full', 'only 12 MiB are free at /opt', 'free some'),
          failure('resources_missing', 'baseline needs a GPU, and it has none'),
        ],
        warnings: ['others keep it busy: a load of 80 on 64 cores'],
      }),
      health({
        name: 'node3',
        reachable: false,
        failures: [
          { ...failure('host_key', 'the host key has changed', 'ssh-keygen -R'), node: 'node3' },
        ],
      }),
      health({
        name: 'node4',
        reachable: false,
        failures: [{ ...failure('authentication', 'wrong key'), node: 'node4' }],
      }),
      health({ name: 'spare', enabled: false, strategy: null, reachable: null }),
    ];
    expect(`\n${renderHealth(rows, { width: 110 })}\n`).toMatchInlineSnapshot(`
      "
      NODE   HOST      STATE          RUNTIME                        GPUS                     DISK FREE    CLOCK
      node1  10.0.0.1  ok             docker 27.3.1, compose 2.29.7  8 × NVIDIA H20 (96 GiB)    120 GiB        –
      node2  10.0.0.1  problems       docker 27.3.1, compose 2.29.7  –                          120 GiB  +12.3 s
      node3  10.0.0.1  host key       docker                         –                                –        –
      node4  10.0.0.1  login refused  docker                         –                                –        –
      spare  10.0.0.1  disabled       docker                         –                                –        –

      node1
        will be pulled: vllm:1

      node2
        ✖ only 12 MiB are free at /opt
          → free some
        ✖ baseline needs a GPU, and it has none
        ⚠ others keep it busy: a load of 80 on 64 cores

      node3
        ✖ the host key has changed
          → ssh-keygen -R

      node4
        ✖ wrong key
      "
    `);
    expect(renderHealthSummary(rows, {})).toBe('3 of 4 nodes cannot be used: node2, node3, node4');
  });

  it('leaves out columns that say nothing of any node, and fits 80 columns', () => {
    const text = renderHealth([
      health({ runtime: 'process', facts: facts({ gpus: [], docker: null }) }),
    ]);
    expect(text).not.toMatch(/GPUS|CLOCK/);
    expect(text).toContain('120 GiB');
    const wide = renderHealth([health({ facts: facts() })], { width: 80 });
    for (const line of wide.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('says on one line that all is well', () => {
    expect(renderHealthSummary([health()], {})).toBe('1 node, all fit');
  });
});

describe('the facts of a node', () => {
  it('are short phrases', () => {
    expect(describeFacts(facts()).join(', ')).toBe(
      '64 cores, 512 GiB, docker 27.3.1, compose 2.29.7, 8 × NVIDIA H20 (96 GiB), driver 550.90.07, 120 GiB free',
    );
  });

  it('count GPUs by their kind', () => {
    const [first] = facts().gpus ?? [];
    if (!first) throw new Error('no GPU');
    const others = [first, { ...first, name: 'NVIDIA L4', memory_total_bytes: null }];
    expect(describeGpus(others)).toBe('1 × NVIDIA H20 (96 GiB), 1 × NVIDIA L4');
  });

  it('say how far the clock is off, where that can be told', () => {
    const skew = (skew_ms: number) =>
      describeSkew(facts({ clock: { skew_ms, uncertainty_ms: 1 } }));
    expect([skew(0), skew(1500), skew(-90_000)]).toEqual(['', '+1.5 s', '-1 min 30 s']);
  });

  it('say which images are there, and which have to come', () => {
    expect(
      describeImages([
        { image: 'a:1', status: 'present' },
        { image: 'b:1', status: 'will_be_pulled' },
        { image: 'c:1', status: 'will_be_built' },
        { image: 'd:1', status: 'missing' },
      ]),
    ).toBe('1 image present; will be pulled: b:1; will be built: c:1');
  });
});

describe('the status page', () => {
  it('shows what is on the nodes, leftovers marked as such', () => {
    const row = { node: 'node1', kind: 'service', run: '20260601_190409', scenario: 'baseline' };
    const text = renderStatusPage(
      {
        project_lock: null,
        nodes: [node(), node({ name: 'node2', reachable: false, problems: ['no answer'] })],
        running: [
          { ...row, service: 'p-1', state: 'running', description: 'process 12 and 3 more: vllm' },
          {
            ...row,
            kind: 'script',
            service: null,
            state: 'running',
            description: 'process 20: sh',
          },
          { ...row, service: 'd-1', state: 'leftover', description: 'process 7: \u001b[31mredis' },
        ],
        locks: [],
        notes: [],
        held: [],
        working_folders: [],
        last_run: null,
      },
      { width: 120 },
    );
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      Nodes
      NODE   HOST      TRANSPORT  RUNTIME  STATE
      node1  10.0.0.1  ssh        docker   ok
      node2  10.0.0.1  ssh        docker   unreachable
                                           no answer

      On the nodes
      NODE   RUN              SCENARIO  SERVICE        STATE     WHAT
      node1  20260601_190409  baseline  p-1            in use    process 12 and 3 more: vllm
      node1  20260601_190409  baseline  (test script)  in use    process 20: sh
      node1  20260601_190409  baseline  d-1            leftover  process 7: redis

      Working folders
      none: no run is under way, and none was cut off

      Last run
      none yet: playbook run --all
      "
    `);
  });

  it('names who has a node, and tells what watchdogs did', () => {
    const lock = {
      ...{ node: 'node1', holder: '3f2a77c0', run: '20260601_190409', controller: '1a2b3c' },
      ...{ host: 'desk', user: 'ann', pid: 4711, project: '/home/ann/bench' },
      ...{ since: '2026-06-01T19:04:09.000Z', heartbeat_age_s: 4, state: 'held' },
    };
    const note = { node: 'node1', run: 'R', at: 'then', unheard_s: 900, removed: ['folder /w'] };
    const text = renderStatusPage(
      {
        project_lock: {
          ...{ command: 'run', run: '20260601_190409', host: 'desk', user: 'ann', pid: 4711 },
          since: '2026-06-01T19:04:09.000Z',
        },
        nodes: [node()],
        running: [],
        locks: [lock],
        notes: [{ ...note, left: [] }],
        held: [],
        working_folders: [],
        last_run: null,
      },
      { width: 160 },
    );
    expect(text).toMatch(
      /run 20260601_190409, process 4711 of ann@desk, since 2026-06-0[12] \d\d:\d\d:09\n/,
    );
    expect(text).toContain('Working folders\nnone on this machine\n');
    expect(text).not.toMatch(/\d{4}T|no run is under way/);
    expect(text).toContain('node1  3f2a77c0  20260601_190409  ann@desk /home/ann/bench');
    expect(text).toMatch(/4 s ago +held/);
    expect(text).toMatch(/node1 +R +then +folder \/w/);
  });

  it('does not speak of what runs where nobody was asked', () => {
    const asked = {
      ...{ project_lock: null, locks: null, notes: null },
      ...{ held: [], working_folders: [], last_run: null },
    };
    const page = { nodes: [node({ reachable: null })], ...asked };
    expect(renderStatusPage({ ...page, running: null })).not.toContain('On the nodes');
    expect(renderStatusPage({ ...page, running: [] })).toContain('as far as they answer');
  });
});

describe('the line that is shown while nodes are asked', () => {
  it.each([60, 0])(
    'names those that have not answered, on a terminal of %i columns',
    async (columns) => {
      const stream = Object.assign(new PassThrough(), { columns, rows: 24 });
      const progress = showNodeProgress(stream, 'checking', ['node1', 'node2']);
      progress.answered('node1');
      await new Promise((resolve) => stream.once('readable', resolve));
      const shown = stripVTControlCharacters(String(stream.read()));
      expect(shown).toContain('checking 2 nodes, 0 done; waiting for node1, node2');
      await progress.finish();
      expect(String(stream.read())).toContain('\u001b[?25h');
    },
  );
});
