import { describe, expect, it } from 'vitest';

import type { ResultSummary } from '../../../../src/model/result.js';
import type { ReportBackground } from '../../../../src/report/markdown/background.js';
import {
  renderScenarioReport,
  type ScenarioBackground,
} from '../../../../src/report/markdown/scenario-report.js';
import { renderSuiteReport } from '../../../../src/report/markdown/suite-report.js';
import { failureRecord, measuredPoint, outcome } from '../samples.js';

const background: ReportBackground = {
  nodes: [{ name: 'node1', host: '10.0.0.1', transport: 'ssh', runtime: 'docker' }],
  versions: { playbook: '0.1.0', node: '20.19.0', platform: 'linux x64' },
  provenance: {
    hostname: 'lab',
    user: 'kim',
    git: { commit: '0123456789abcdef', dirty: true },
  },
};

const metadata: ScenarioBackground = {
  ...background,
  description: 'One engine | alone',
  tags: ['baseline'],
  script: { script: 'run_test.sh', node: 'controller', timeout_s: 2400 },
  services: [
    { name: 'redis', node: 'node1', batch: 1, depends_on: [] },
    { name: 'p-1', node: 'node1', batch: 2, depends_on: [{ service: 'redis' }] },
  ],
  timings: [
    { phase: 'prepare', duration_s: 0.42 },
    { phase: 'benchmark', duration_s: 62.3 },
  ],
};

function summary(overrides: Partial<ResultSummary> = {}): ResultSummary {
  return {
    scenario: 'baseline_test',
    run: '20260601_190409',
    status: 'completed',
    attempts: 1,
    started_at: '2026-06-01T19:04:09.000Z',
    ended_at: '2026-06-01T19:05:17.200Z',
    duration_s: 68.2,
    script: { exit_code: 0, signal: null, timed_out: false, duration_s: 62.3 },
    failure: null,
    further_failures: [],
    metrics: [measuredPoint(1), measuredPoint(16)],
    artifacts: [{ path: 'test_artifacts/a|b.json', size: 1536, sha256: 'ab'.repeat(32) }],
    ...overrides,
  };
}

describe('the report of a scenario', () => {
  it('has the verdict first, then the numbers, then what they were made with', () => {
    expect(`\n${renderScenarioReport({ summary: summary(), metadata })}`).toMatchInlineSnapshot(`
      "
      # baseline_test: completed

      One engine \\| alone

      |  |  |
      | --- | --- |
      | verdict | **completed** after 1 min 08 s: 2 load points, best 2,400 tok/s at concurrency 16 |
      | script | \`run_test.sh\` on the machine that ran playbook, exited with status 0 after 1 min 02 s |
      | started | 2026-06-01 19:04:09 UTC |
      | ended | 2026-06-01 19:05:17 UTC |
      | tags | baseline |
      | run | \`20260601_190409\` |

      ## What was measured

      | concurrency | requests | failed | duration (s) | req/s | output tok/s |
      | ---: | ---: | ---: | ---: | ---: | ---: |
      | 1 | 100 | 0 | 12.5 | 1.00 | 150 |
      | 16 | 100 | 0 | 12.5 | 16.0 | 2,400 |

      | concurrency | TTFT p50 (ms) | TTFT p99 (ms) | TPOT p50 (ms) |
      | ---: | ---: | ---: | ---: |
      | 1 | 45.6 | 1,235 | 9.87 |
      | 16 | 45.6 | 1,235 | 9.87 |

      ## Time

      | phase | took |
      | --- | ---: |
      | prepare | 0.4 s |
      | benchmark | 1 min 02 s |

      ## Services

      | service | node | batch | waits for |
      | --- | --- | ---: | --- |
      | \`redis\` | \`node1\` | 1 |  |
      | \`p-1\` | \`node1\` | 2 | \`redis\` |

      ## Nodes

      | node | host | transport | runtime |
      | --- | --- | --- | --- |
      | \`node1\` | \`10.0.0.1\` | ssh | docker |

      ## Files

      | file | size | sha256 |
      | --- | ---: | --- |
      | \`test_artifacts/a\\|b.json\` | 1.5 KiB | \`abababababababababababababababababababababababababababababababab\` |

      ## Made with

      |  |  |
      | --- | --- |
      | playbook | 0.1.0 |
      | Node.js | 20.19.0 |
      | platform | linux x64 |
      | run by | kim on lab |
      | project | commit \`0123456789abcdef\`, with changes that are not committed |
      "
    `);
  });

  it('tells what failed and why, with the last lines', () => {
    const text = renderScenarioReport({
      summary: summary({
        status: 'failed',
        script: null,
        metrics: [],
        artifacts: [],
        attempts: 2,
        failure: failureRecord(),
        further_failures: [
          failureRecord({ kind: 'left_behind', message: 'a process is left', service: null }),
        ],
      }),
      metadata,
    });
    expect(text).toContain(
      '| verdict | **failed** after 1 min 08 s: p-1 on node1: exited with status 1 before it was ready |',
    );
    expect(text).toContain('| script | `run_test.sh` on the machine that ran playbook, not run |');
    expect(text).toContain('| attempts | 2 |');
    expect(text).toContain(
      '## What failed\n\n**p-1 on node1: exited with status 1 before it was ready** (`service_exited`)\n\n' +
        'The last lines of p-1:\n\n```text\nloading weights\nCUDA error: out of memory\n```\n\nWhat to do: read its log\n',
    );
    expect(text).toContain('## What else failed\n\n- node1: a process is left (`left_behind`)\n');
    expect(text).not.toContain('## What was measured');
  });

  it.each([
    [
      { exit_code: null, signal: null, timed_out: true, duration_s: 2400 },
      'stopped after its 40 min',
    ],
    [
      { exit_code: null, signal: 'SIGKILL', timed_out: false, duration_s: 3 },
      'killed by SIGKILL after 3 s',
    ],
    [
      { exit_code: 255, signal: null, timed_out: false, duration_s: 3 },
      'exited with status 255 after 3 s',
    ],
  ])('says how the script ended: %j', (script, text) => {
    expect(renderScenarioReport({ summary: summary({ script }), metadata })).toContain(
      `\`run_test.sh\` on the machine that ran playbook, ${text}`,
    );
  });

  it('lists a bounded number of files', () => {
    const [artifact] = summary().artifacts;
    const artifacts = Array.from({ length: 150 }, () => artifact).filter(
      (each) => each !== undefined,
    );
    const text = renderScenarioReport({ summary: summary({ artifacts }), metadata });
    expect(text).toContain('and 50 more: see `result_summary.json`');
  });

  it('keeps every row of its tables in one line, whatever the names', () => {
    const odd = 'a|b`c\nd';
    const text = renderScenarioReport({
      summary: summary({ scenario: odd, artifacts: [{ path: odd, size: 1, sha256: '00' }] }),
      metadata: {
        ...metadata,
        description: odd,
        services: [{ name: odd, node: odd, batch: 1, depends_on: [] }],
      },
    });
    const rows = text.split('\n').filter((line) => line.startsWith('|') && line.includes('a\\|b'));
    expect(rows.length).toBe(2);
    for (const row of rows)
      expect(row.split(/(?<!\\)\|/).length - 2).toBe(row.includes('00') ? 3 : 4);
  });
});

describe('the report of a run', () => {
  it('has a line for each scenario, then its numbers and its failures', () => {
    const text = renderSuiteReport({
      summary: {
        run: '20260601_190409',
        status: 'failed',
        exit_code: 1,
        started_at: '2026-06-01T19:04:09.000Z',
        ended_at: '2026-06-01T19:14:09.000Z',
        scenarios: [
          outcome('baseline_test'),
          outcome('disaggregated', { status: 'failed', failure: failureRecord() }),
          outcome('sweep', {
            status: 'skipped',
            attempts: 0,
            duration_s: 0,
            reason: 'the run was stopped',
          }),
        ],
        warnings: [
          { message: 'the clock jumped', scenario: null, node: 'node1', service: null, times: 2 },
        ],
      },
      metrics: new Map([['baseline_test', [measuredPoint(8)]]]),
      metadata: { ...background, provenance: { ...background.provenance, git: null } },
    });
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      # Run 20260601_190409: failed

      |  |  |
      | --- | --- |
      | verdict | **failed** after 10 min: 1 of 3 scenarios completed |
      | exit code | 1 |
      | started | 2026-06-01 19:04:09 UTC |
      | ended | 2026-06-01 19:14:09 UTC |

      ## Scenarios

      | scenario | status | took | attempts | result |
      | --- | --- | ---: | ---: | --- |
      | [baseline_test](baseline_test/test_report.md) | completed | 1 min 08 s | 1 | 1,200 tok/s, TTFT p50 45.6 ms, TPOT p50 9.87 ms |
      | [disaggregated](disaggregated/test_report.md) | **failed** | 1 min 08 s | 1 | p-1 on node1: exited with status 1 before it was ready |
      | \`sweep\` | **skipped** | – | 0 | the run was stopped |

      ## What was measured

      ### baseline_test

      | concurrency | requests | failed | duration (s) | req/s | output tok/s |
      | ---: | ---: | ---: | ---: | ---: | ---: |
      | 8 | 100 | 0 | 12.5 | 8.00 | 1,200 |

      | concurrency | TTFT p50 (ms) | TTFT p99 (ms) | TPOT p50 (ms) |
      | ---: | ---: | ---: | ---: |
      | 8 | 45.6 | 1,235 | 9.87 |

      ## What failed

      ### disaggregated

      **p-1 on node1: exited with status 1 before it was ready** (\`service_exited\`)

      The last lines of p-1:

      \`\`\`text
      loading weights
      CUDA error: out of memory
      \`\`\`

      What to do: read its log

      ## Warnings

      - node1: the clock jumped (2 times)

      ## Nodes

      | node | host | transport | runtime |
      | --- | --- | --- | --- |
      | \`node1\` | \`10.0.0.1\` | ssh | docker |

      ## Made with

      |  |  |
      | --- | --- |
      | playbook | 0.1.0 |
      | Node.js | 20.19.0 |
      | platform | linux x64 |
      | run by | kim on lab |
      | project | not in git |
      "
    `);
  });
});
