import { describe, expect, it } from 'vitest';

import { buildTestMetadata } from '../../../src/results/metadata.js';
import { CSV_COLUMNS, renderCsv } from '../../../src/results/csv.js';
import { renderJson } from '../../../src/results/document.js';
import { buildResultSummary } from '../../../src/results/summary.js';
import { planSuite } from '../../../src/plan/suite-plan.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../support/specs.js';
import { failureRecord, loadPoint, measuredPoint } from '../report/samples.js';

describe('performance_results.csv', () => {
  it('has exactly these columns', () => {
    expect(CSV_COLUMNS.join(',')).toBe(
      'source,label,concurrency,request_rate,duration_s,requests_completed,requests_failed,input_tokens,' +
        'output_tokens,request_throughput,output_token_throughput,total_token_throughput,' +
        'mean_ttft_ms,mean_tpot_ms,mean_itl_ms,mean_e2e_ms,p50_ttft_ms,p50_tpot_ms,p50_itl_ms,p50_e2e_ms,' +
        'p90_ttft_ms,p90_tpot_ms,p90_itl_ms,p90_e2e_ms,p95_ttft_ms,p95_tpot_ms,p95_itl_ms,p95_e2e_ms,' +
        'p99_ttft_ms,p99_tpot_ms,p99_itl_ms,p99_e2e_ms',
    );
  });

  it('is a header alone where nothing was measured', () => {
    expect(renderCsv([])).toBe(`${CSV_COLUMNS.join(',')}\r\n`);
  });

  it('leaves empty what is not known, and keeps numbers as they are', () => {
    const [, row = ''] = renderCsv([measuredPoint(8, { requests_completed: 0 })]).split('\r\n');
    expect(row.split(',').slice(0, 12)).toEqual([
      'playbook-bench',
      '',
      '8',
      'inf',
      '12.5',
      '0',
      '0',
      '',
      '',
      '8',
      '1200',
      '',
    ]);
    expect(row.split(',')).toHaveLength(CSV_COLUMNS.length);
  });

  it('quotes what would break a row', () => {
    const [, row = ''] = renderCsv([loadPoint({ label: 'a "b", c' })]).split('\r\n');
    expect(row).toMatch(/^playbook-bench,"a ""b"", c",/);
  });
});

describe('the summaries', () => {
  it('have the first failure as the cause, and the others beside it', () => {
    const further = failureRecord({ kind: 'left_behind' });
    const summary = buildResultSummary({
      scenario: 'a',
      run: '20260601_190409',
      status: 'failed',
      attempts: 2,
      startedAt: new Date('2026-06-01T19:04:09Z'),
      endedAt: new Date('2026-06-01T19:05:09Z'),
      durationMs: 60_000.4,
      script: null,
      failures: [failureRecord(), further],
      metrics: [],
      artifacts: [],
    });
    expect(summary).toMatchObject({
      started_at: '2026-06-01T19:04:09.000Z',
      duration_s: 60,
      failure: { kind: 'service_exited' },
      further_failures: [{ kind: 'left_behind' }],
    });
  });
});

describe('a document', () => {
  it('masks secrets in every string, also those that JSON writes differently', () => {
    const secret = 'say "hi"\nP@$$w0rd';
    const mask = (text: string) => text.replaceAll(secret, '***');
    const text = renderJson({ env: { KEY: secret }, argv: ['engine', `--key=${secret}`] }, mask);
    expect(JSON.parse(text)).toEqual({ env: { KEY: '***' }, argv: ['engine', '--key=***'] });
    expect(text).not.toContain('P@$$w0rd');
  });
});

describe('a document with a common word as a secret', () => {
  const mask = (text: string) => text.replaceAll(/postgres|1234|failed|2026/g, '***');
  const shown = (value: unknown) => JSON.parse(renderJson(value, mask)) as unknown;

  it('keeps what programs find things by, and masks every text beside it', () => {
    const names = {
      run: '20260601_190409',
      status: 'failed',
      started_at: '2026-06-01T19:04:09.000Z',
      scenarios: [{ name: 'postgres', nodes: ['postgres'], depends_on: ['postgres'] }],
      artifacts: [{ path: 'nodes/node1/services/postgres.log', sha256: 'a1234' }],
    };
    expect(shown(names)).toEqual(names);
    const failure = { kind: 'service_failed', node: 'node1', service: 'postgres' };
    expect(
      shown({ ...failure, message: 'postgres: failed', hint: null, output: ['1234'] }),
    ).toEqual({
      ...failure,
      message: '***: ***',
      hint: null,
      output: ['***'],
    });
  });

  it('knows no names among what the user or a machine has named', () => {
    const name = { name: 'postgres', path: '1234', run: 'login 1234' };
    const masked = { name: '***', path: '***', run: 'login ***' };
    expect(
      shown({ env: name, hooks: [name], facts: { gpus: [name] }, foreign: { node1: [name] } }),
    ).toEqual({
      env: masked,
      hooks: [masked],
      facts: { gpus: [masked] },
      foreign: { node1: [masked] },
    });
  });
});

describe('test_metadata.json', () => {
  const node = nodeSpec({
    authentication: {
      password: 'P@$$w0rd',
      privateKeyPath: '/home/kim/.ssh/id',
      passphrase: 'secret',
      agent: false,
    },
  });
  const scenario = scenarioSpec({
    name: 'baseline',
    services: [serviceSpec('redis'), serviceSpec('p-1', [['redis', 'service_healthy']])],
    estimatedDurationMs: 90_000,
  });
  const [plan] = planSuite(projectSpec({ nodes: [node], scenarios: [scenario] }), {
    scenarios: [],
    tags: [],
    skipTags: [],
  }).plan.scenarios;
  if (!plan) throw new Error('nothing was planned');
  const metadata = buildTestMetadata({
    run: '20260601_190409',
    attempt: 1,
    plan,
    versions: { playbook: '0.1.0', node: '20.19.0', platform: 'linux x64' },
    provenance: { hostname: 'lab', user: 'kim', project: '/project', git: null, files: [] },
    facts: new Map(),
    timings: [{ phase: 'prepare', duration_s: 0.4 }],
  });

  it('has the configuration under the names of the files, in seconds', () => {
    expect(metadata.configuration).toMatchObject({
      name: 'baseline',
      estimated_duration_s: 90,
      test_execution: { timeout_s: 60, collection_mode: 'standard' },
      retry_strategy: { service_level_retries: 2, retry_delay_s: 30 },
      concurrent_deployment: { scheduling: 'eager', deployment_timeout_s: 600 },
    });
    expect(metadata.configuration.deployment.services[1]).toMatchObject({
      name: 'p-1',
      health_check: { type: 'none', timeout_s: 10 },
      process: { argv: ['true'], stop_grace_period_s: 10 },
    });
  });

  it('has the plan with the batch of each service', () => {
    expect(metadata.plan.batches).toEqual([['redis'], ['p-1']]);
    expect(metadata.plan.services.map(({ name, batch }) => [name, batch])).toEqual([
      ['redis', 1],
      ['p-1', 2],
    ]);
  });

  it('has nothing that is needed to log in', () => {
    const text = JSON.stringify(metadata);
    for (const secret of ['P@$$w0rd', '"secret"', 'authentication', 'private_key'])
      expect(text).not.toContain(secret);
  });

  it('uses snake case and no other units than its names say', () => {
    const keys: string[] = [];
    JSON.stringify(metadata, (key, value: unknown) => {
      keys.push(key);
      return value;
    });
    expect(keys.filter((key) => /[A-Z]|Ms$/.test(key))).toEqual([]);
  });
});
