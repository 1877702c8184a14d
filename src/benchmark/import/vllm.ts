import {
  LATENCIES,
  type Latency,
  type LoadPoint,
  STATISTICS,
  type Statistic,
} from '../../model/result.js';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads what `vllm bench serve --save-result` writes, and whatever writes the same: `playbook bench`, sglang's
 * `bench_serving`, forks that leave `_ms` out and mean seconds. One object, a list of them, or one per line
 * (`--append-result`); a last line that was cut off is left out.
 *
 * @param fileName Names load points that have no label.
 * @returns `null` where the text is no such result.
 */
export function readVllmResult(text: string, fileName: string): LoadPoint[] | null {
  // A copy of the same figures for another tool.
  if (fileName.endsWith('.pytorch.json')) return null;
  const results = parseObjects(text).filter(isResult);
  if (results.length === 0) return null;
  const name = (fileName.split('/').at(-1) ?? '').replace(/\.jsonl?$/, '');
  return results.map((result, index) =>
    toLoadPoint(result, results.length === 1 ? name : `${name}#${index + 1}`),
  );
}

function parseObjects(text: string): JsonObject[] {
  const whole = parseJson(text);
  const values: readonly unknown[] =
    whole === undefined ? text.split('\n').map(parseJson) : Array.isArray(whole) ? whole : [whole];
  return values.filter(
    (value): value is JsonObject =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  );
}

/** @returns `undefined` where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parsePythonJson(text);
  }
}

/** Python writes Infinity and NaN as they are, which JSON does not know. */
function parsePythonJson(text: string): unknown {
  if (!/Infinity|NaN/.test(text)) return undefined;
  const corrected = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? token : token === 'Infinity' ? '"inf"' : 'null',
  );
  try {
    return JSON.parse(corrected);
  } catch {
    return undefined;
  }
}

const THROUGHPUTS = ['request_throughput', 'output_throughput', 'total_token_throughput'];

function isResult(value: JsonObject): boolean {
  return (
    numberAt(value, 'completed') !== null &&
    numberAt(value, 'duration') !== null &&
    THROUGHPUTS.some((key) => numberAt(value, key) !== null)
  );
}

function toLoadPoint(result: JsonObject, name: string): LoadPoint {
  const { backend, label, request_rate: rate } = result;
  const completed = numberAt(result, 'completed');
  const requested = numberAt(result, 'num_prompts');
  const latencies = LATENCIES.flatMap((latency) =>
    STATISTICS.map((statistic) => [
      `${statistic}_${latency}_ms`,
      // Where nothing completed, vllm writes zeros.
      completed === 0 ? null : latencyAt(result, statistic, latency),
    ]),
  );
  return {
    source: backend === 'playbook-bench' ? backend : 'vllm',
    label: typeof label === 'string' && label !== '' ? label : name,
    concurrency: numberAt(result, 'max_concurrency'),
    request_rate: rate === 'inf' ? rate : numberAt(result, 'request_rate'),
    duration_s: numberAt(result, 'duration'),
    requests_completed: completed,
    // Older versions do not count them; what did not complete had failed.
    requests_failed:
      numberAt(result, 'failed') ??
      (requested === null || completed === null ? null : Math.max(0, requested - completed)),
    input_tokens: numberAt(result, 'total_input_tokens'),
    output_tokens: numberAt(result, 'total_output_tokens'),
    request_throughput: numberAt(result, 'request_throughput'),
    output_token_throughput: numberAt(result, 'output_throughput'),
    total_token_throughput: numberAt(result, 'total_token_throughput'),
    ...(Object.fromEntries(latencies) as Record<`${Statistic}_${Latency}_ms`, number | null>),
  };
}

/** The names of a latency; sglang spells one out. */
const NAMES: Readonly<Record<Latency, readonly string[]>> = {
  ttft: ['ttft'],
  tpot: ['tpot'],
  itl: ['itl'],
  e2e: ['e2el', 'e2e_latency'],
};

/** In ms. The 50th percentile is also called the median. */
function latencyAt(result: JsonObject, statistic: Statistic, latency: Latency): number | null {
  const statistics = statistic === 'p50' ? ['median', 'p50'] : [statistic];
  for (const key of NAMES[latency].flatMap((name) => statistics.map((each) => `${each}_${name}`))) {
    const ms = numberAt(result, `${key}_ms`);
    if (ms !== null) return ms;
    const seconds = numberAt(result, key);
    if (seconds !== null) return seconds * 1000;
  }
  return null;
}

function numberAt(result: JsonObject, key: string): number | null {
  const value = result[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
