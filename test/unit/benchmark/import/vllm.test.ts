import { describe, expect, it } from 'vitest';

import { readVllmResult } from '../../../../src/benchmark/import/vllm.js';

/** As `vllm bench serve --save-result` wrote it in 2025, shortened. */
const VLLM = {
  date: '20250612-101112',
  endpoint_type: 'openai',
  label: null,
  model_id: 'Qwen/Qwen3-8B',
  num_prompts: 100,
  tensor_parallel: '2',
  request_rate: 'inf',
  burstiness: 1.0,
  max_concurrency: 32,
  duration: 21.5,
  completed: 98,
  total_input_tokens: 51200,
  total_output_tokens: 12544,
  request_throughput: 4.558,
  'request_goodput:': null,
  output_throughput: 583.4,
  total_token_throughput: 2964.8,
  mean_ttft_ms: 120.5,
  median_ttft_ms: 110.25,
  std_ttft_ms: 12.5,
  p99_ttft_ms: 200.75,
  mean_tpot_ms: 11.5,
  median_tpot_ms: 11.25,
  p90_tpot_ms: 13,
  p95_tpot_ms: 14,
  mean_itl_ms: 11,
  median_itl_ms: 10.5,
  p99_itl_ms: 30,
};

describe('readVllmResult', () => {
  it('reads a result file', () => {
    expect(readVllmResult(JSON.stringify(VLLM, null, 4), 'results/run-1.json')).toEqual([
      {
        source: 'vllm',
        label: 'run-1',
        concurrency: 32,
        request_rate: 'inf',
        duration_s: 21.5,
        requests_completed: 98,
        requests_failed: 2,
        input_tokens: 51200,
        output_tokens: 12544,
        request_throughput: 4.558,
        output_token_throughput: 583.4,
        total_token_throughput: 2964.8,
        mean_ttft_ms: 120.5,
        p50_ttft_ms: 110.25,
        p90_ttft_ms: null,
        p95_ttft_ms: null,
        p99_ttft_ms: 200.75,
        mean_tpot_ms: 11.5,
        p50_tpot_ms: 11.25,
        p90_tpot_ms: 13,
        p95_tpot_ms: 14,
        p99_tpot_ms: null,
        mean_itl_ms: 11,
        p50_itl_ms: 10.5,
        p90_itl_ms: null,
        p95_itl_ms: null,
        p99_itl_ms: 30,
        mean_e2e_ms: null,
        p50_e2e_ms: null,
        p90_e2e_ms: null,
        p95_e2e_ms: null,
        p99_e2e_ms: null,
      },
    ]);
  });

  it('knows results of playbook bench by their backend, with their label and failures', () => {
    const [point] =
      readVllmResult(
        JSON.stringify({
          ...VLLM,
          backend: 'playbook-bench',
          label: 'concurrency 32',
          failed: 1,
          request_rate: 2.5,
          mean_e2el_ms: 900,
        }),
        'x.json',
      ) ?? [];
    expect(point).toMatchObject({
      source: 'playbook-bench',
      label: 'concurrency 32',
      requests_failed: 1,
      request_rate: 2.5,
      mean_e2e_ms: 900,
    });
  });

  it('reads one object per line, and leaves out a last line that was cut off', () => {
    const line = JSON.stringify(VLLM);
    const points = readVllmResult(`${line}\n${line}\n\n${line.slice(0, 80)}`, 'all.jsonl');
    expect(points?.map(({ label }) => label)).toEqual(['all#1', 'all#2']);
  });

  it('reads a list of results', () => {
    expect(readVllmResult(JSON.stringify([VLLM, VLLM]), 'x.json')).toHaveLength(2);
  });

  it('takes names without _ms for seconds, as some forks mean them', () => {
    const fork = {
      completed: 10,
      duration: 5,
      output_throughput: 100,
      median_ttft: 0.25,
      p99_tpot: 0.0125,
      mean_e2el: 1.5,
    };
    expect(readVllmResult(JSON.stringify(fork), 'x.json')).toMatchObject([
      {
        p50_ttft_ms: 250,
        p99_tpot_ms: 12.5,
        mean_e2e_ms: 1500,
        requests_failed: null,
        concurrency: null,
        request_rate: null,
        request_throughput: null,
      },
    ]);
  });

  it('reads what sglang writes: Infinity as a rate, e2e_latency spelled out', () => {
    const line =
      '{"backend": "sglang", "tag": "Infinity \\"NaN\\"", "request_rate": Infinity, "max_concurrency": 4, ' +
      '"duration": 3.5, "completed": 8, "request_throughput": 2.3, "mean_e2e_latency_ms": 700.5, ' +
      '"median_e2e_latency_ms": 690, "mean_ttft_ms": NaN, "std_ttft_ms": -Infinity}';
    expect(readVllmResult(`${line}\n`, 'sglang.jsonl')).toMatchObject([
      {
        source: 'vllm',
        request_rate: 'inf',
        mean_e2e_ms: 700.5,
        p50_e2e_ms: 690,
        mean_ttft_ms: null,
      },
    ]);
  });

  it('does not take the zeros for latencies that vllm writes where nothing completed', () => {
    const nothing = { ...VLLM, completed: 0, mean_ttft_ms: 0, median_ttft_ms: 0 };
    expect(readVllmResult(JSON.stringify(nothing), 'x.json')).toMatchObject([
      { requests_completed: 0, requests_failed: 100, mean_ttft_ms: null, p50_ttft_ms: null },
    ]);
  });

  it.each([
    ['another JSON object', '{"completed": 5, "duration": 3}'],
    ['one whose figures are texts', '{"completed": "5", "duration": 3, "request_throughput": 1}'],
    ['a JSON list of other things', '[1, "a", null, [{}]]'],
    ['a JSON value', '42'],
    ['no JSON', 'completed: 5'],
    ['nothing', ''],
    ['an unfinished object', '{"completed": 5, '],
  ])('leaves alone %s', (_what, text) => {
    expect(readVllmResult(text, 'x.json')).toBeNull();
  });

  it('leaves alone the copy that vllm makes for another tool', () => {
    expect(readVllmResult(JSON.stringify(VLLM), 'run.pytorch.json')).toBeNull();
  });
});
