import { once } from 'node:events';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type ProjectFolder, projectFolder, type Started } from '../support/project-folder.js';

interface Engine extends Started {
  readonly url: string;
}

/** A simulated engine on any free port, stopped when the test is over. */
async function startEngine(project: ProjectFolder, ...args: string[]): Promise<Engine> {
  const started = project.start(['simulate-engine', '--port', '0', '--decode-ms', '2', ...args]);
  onTestFinished(async () => {
    started.child.kill('SIGKILL');
    await started.finished;
  });
  const { stdout } = started.child;
  if (!stdout) throw new Error('its output is piped');
  const [line] = (await once(stdout, 'data')) as [string];
  const url = /http:\S+\d/.exec(line)?.[0];
  if (url === undefined) throw new Error(`no URL in: ${line}`);
  expect(line).toContain('simulator');
  return { ...started, url };
}

const load = (url: string, ...more: string[]) => [
  ...['bench', '--base-url', url, '--num-prompts', '6', '--input-len', '8', '--output-len', '4'],
  ...more,
];

type Result = Readonly<Record<string, unknown>>;

async function results(project: ProjectFolder, folder = '.'): Promise<readonly Result[]> {
  const files = (await project.list(folder)).filter((file) => /(^|\/)bench-.*\.json$/.test(file));
  return Promise.all(
    files.map(async (file) => JSON.parse(await project.read(path.join(folder, file))) as Result),
  );
}

describe('bench', () => {
  it('measures every point of a sweep, prints a table and writes a file for each', async () => {
    const project = await projectFolder({});
    const { url } = await startEngine(project);
    const bench = await project.playbook(...load(url, '--max-concurrency', '1,3', '--warmup', '1'));
    expect(bench.exitCode).toBe(0);
    const [head, one, three, , latencies] = bench.stdout.split('\n');
    expect(head).toMatch(/^concurrency\s+requests\s+failed\s+duration \(s\)/);
    expect(one).toMatch(/^\s+1\s+6\s+0\s/);
    expect(three).toMatch(/^\s+3\s+6\s+0\s/);
    expect(latencies).toMatch(/^concurrency\s+latency \(ms\)\s+mean/);
    expect(bench.stderr).toMatch(/concurrency 3: wrote bench-simulated-model-[\d-]+-c3\.json/);

    const found = await results(project);
    expect(found).toHaveLength(2);
    for (const concurrency of [1, 3]) {
      expect(found.find((result) => result.max_concurrency === concurrency)).toMatchObject({
        backend: 'playbook-bench',
        model_id: 'simulated-model',
        completed: 6,
        failed: 0,
        token_source: 'usage',
        total_input_tokens: 48,
        total_output_tokens: 24,
        interrupted: false,
      });
    }
  });

  it('takes its configuration and the place of its results from a scenario’s environment', async () => {
    const project = await projectFolder({
      'given/test_config.json': JSON.stringify({
        num_prompts: 3,
        input_len: 8,
        output_len: 2,
        endpoint: 'chat',
        dataset: 'prompts.jsonl',
        ignore_eos: true,
        metadata: { engine: 'simulated' },
      }),
      'given/prompts.jsonl': '{"prompt": "Hi"}\n{"prompt": "there", "output_len": 5}\n',
    });
    const { url } = await startEngine(project);
    const { exitCode, stdout, stderr } = await project.start(
      ['bench', '--base-url', url, '--format', 'json', '-q'],
      {
        SCENARIO_CONFIG: path.join(project.root, 'given/test_config.json'),
        SCENARIO_RESULT_PATH: `${project.root}/first:${project.root}/second`,
      },
    ).finished;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const printed = JSON.parse(stdout) as Result;
    expect(printed).toMatchObject({ completed: 3, total_output_tokens: 9, engine: 'simulated' });
    expect(await results(project, 'first')).toEqual([printed]);
  });

  it('counts what fails and exits 1, unless as much was allowed', async () => {
    const project = await projectFolder({});
    const { url } = await startEngine(project, '--fail-rate', '1');
    const strict = await project.playbook(...load(url));
    expect(strict.exitCode).toBe(1);
    expect(strict.stderr).toContain('6 of 6 requests failed');
    expect(strict.stderr).toMatch(/6 × http_status: HTTP 500: .*--fail-rate/);
    expect(await results(project)).toMatchObject([
      { completed: 0, failed: 6, mean_ttft_ms: null, errors: [{ kind: 'http_status', count: 6 }] },
    ]);

    const half = await startEngine(project, '--fail-rate', '0.5', '--seed', '3');
    const args = load(half.url, '--num-prompts', '30', '--output', 'half.json');
    expect((await project.playbook(...args)).exitCode).toBe(1);
    expect((await project.playbook(...args, '--allow-failures', '0.9')).exitCode).toBe(0);
  });

  it('says so where nobody listens', async () => {
    const project = await projectFolder({});
    const engine = await startEngine(project);
    engine.child.kill('SIGTERM');
    await engine.finished;
    const unnamed = await project.playbook(...load(engine.url));
    expect(unnamed.exitCode).toBe(1);
    expect(unnamed.stderr).toContain(`cannot find out which models ${engine.url} serves`);
    const named = await project.playbook(...load(engine.url, '--model', 'm'));
    expect(named.exitCode).toBe(1);
    expect(named.stderr).toContain('6 × connection_refused');
  });

  it('writes what it has measured when it is interrupted, and exits 130', async () => {
    const project = await projectFolder({});
    const { url } = await startEngine(project);
    const bench = project.start(
      load(url, '--num-prompts', '100000', '--max-concurrency', '2', '--output', 'cut.json'),
    );
    // Its first line of progress: some requests have completed by then.
    bench.child.stderr?.once('data', () => bench.child.kill('SIGINT'));
    const { exitCode, stderr } = await bench.finished;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('interrupted');
    const result = JSON.parse(await project.read('cut.json')) as Result;
    expect(result).toMatchObject({ interrupted: true, failed: 0, num_prompts: 100_000 });
    expect(result.completed).toBeGreaterThan(0);
    expect(result.cancelled).toBe(2);
  });

  it('never shows the key it sends', async () => {
    const project = await projectFolder({});
    const { url } = await startEngine(project);
    const bench = await project.start(load(url, '--api-key-env', 'MY_KEY', '--format', 'json'), {
      MY_KEY: 'sk-v3ry-s3cret',
    }).finished;
    expect(bench.exitCode).toBe(0);
    const files = await Promise.all((await project.list('.')).map((file) => project.read(file)));
    expect(bench.stdout + bench.stderr + files.join('')).not.toContain('s3cret');
  });

  it('refuses a wrong configuration with everything that is wrong, and sends nothing', async () => {
    const project = await projectFolder({
      'test_config.json': '{\n  "base_url": "nowhere",\n  "num_promts": 5\n}',
    });
    const { exitCode, stdout, stderr } = await project.playbook('bench', '--seed', 'x');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /test_config\.json:3:3: unknown key num_promts\n.*did you mean num_prompts/,
    );
    expect(stderr).toMatch(/test_config\.json:2:3 base_url: expected the URL of a server/);
    expect(stderr).toContain('--seed: expected a whole number, at least 0, got "x"');
    expect(await results(project)).toEqual([]);
  });

  it.each([
    [['bench'], 'base_url is missing'],
    [['bench', '--config', 'none.json'], 'none.json: does not exist'],
    [
      ['bench', '--base-url', 'http://127.0.0.1:1', '--api-key-env', 'UNSET_KEY'],
      'UNSET_KEY is not set',
    ],
    [['bench', '--base-url', 'http://127.0.0.1:1', '--dataset', 'none.jsonl'], 'none.jsonl'],
    [['bench', '--base-url', 'http://127.0.0.1:1', '--nonsense'], "unknown option '--nonsense'"],
  ])('exits 2 for %j', async (args, message) => {
    const project = await projectFolder({});
    const { exitCode, stderr } = await project.playbook(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('at Object');
  });
});

describe('simulate-engine', () => {
  it('serves until it is told to stop, which is no failure', async () => {
    const project = await projectFolder({});
    const engine = await startEngine(project);
    expect((await fetch(`${engine.url}/health`)).status).toBe(200);
    engine.child.kill('SIGTERM');
    expect(await engine.finished).toMatchObject({ exitCode: 0, signal: null, stderr: '' });
  });

  it('names the port that is taken', async () => {
    const project = await projectFolder({});
    const { port } = new URL((await startEngine(project)).url);
    const second = await project.playbook('simulate-engine', '--port', port);
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain(`port ${port} on 127.0.0.1 is already in use`);
  });

  it('stands in for prefill and decode workers behind a router', async () => {
    const project = await projectFolder({});
    const [prefill, decode] = await Promise.all([
      startEngine(project, '--role', 'prefill'),
      startEngine(project, '--role', 'decode'),
    ]);
    const router = await startEngine(
      project,
      ...['--role', 'router', '--prefill-url', prefill.url, '--decode-url', decode.url],
    );
    const bench = await project.playbook(...load(router.url, '--format', 'json'));
    expect(bench.exitCode).toBe(0);
    expect(JSON.parse(bench.stdout)).toMatchObject({ completed: 6, total_output_tokens: 24 });
  });

  it.each([
    [['--port', '70000'], 'Expected a whole number from 0 to 65535'],
    [['--jitter', '2'], 'Expected a number from 0 to 1'],
    [['--startup-delay', 'soon'], 'Expected seconds'],
    [['--upstream', 'http://a:1'], 'only a router has other engines behind it'],
    [['--role', 'router'], 'a router needs workers'],
    [['--role', 'router', '--upstream', 'a:1'], 'Expected URLs'],
  ])('exits 2 for %j', async (args, message) => {
    const project = await projectFolder({});
    const { exitCode, stderr } = await project.playbook('simulate-engine', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});
