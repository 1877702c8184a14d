import { appendFile, cp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { CONTROLLER } from '../../src/model/node.js';
import { type Phase, PHASES } from '../../src/model/plan.js';
import { readRuns } from '../../src/results/read.js';
import { controllerToken } from '../../src/run/controller.js';
import { journalFile } from '../../src/run/journal/read-journal.js';
import { encodeRecord } from '../../src/run/journal/record.js';
import {
  type ProjectFolder,
  expectExit,
  projectFolder,
  scenarioFiles,
} from '../support/project-folder.js';

/** Slow enough in every phase for a signal to arrive in the middle of it. */
const SLOW = scenarioFiles('001_slow', {
  metadata: 'test_execution: { result_paths: [out/] }',
  compose: `
services:
  engine:
    command: ["sh", "-c", "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.1; done"]
    healthcheck: { test: ["CMD-SHELL", "sleep 0.3"], interval: 100ms }
    stop_grace_period: 3s
`,
  script: 'setsid sleep 300 & echo result > out/result; sleep 0.5',
});
const QUICK = scenarioFiles('002_quick', { script: 'exit 0' });

/** Processes that bear the mark of a run, services and scripts and whatever they started. */
/** Runs of other projects may have begun in the same second. */
async function processesOf(root: string, run: string): Promise<readonly number[]> {
  const marks = [`PLAYBOOK_RUN=${run}`, `PLAYBOOK_CONTROLLER=${controllerToken(root)}`];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const variables = environ.split('\0');
      return marks.every((mark) => variables.includes(mark)) ? [Number(pid)] : [];
    }),
  );
  return marked.flat();
}

/** Starts a run and kills it in a phase. @returns Its name. */
async function killIn(project: ProjectFolder, phase: Phase): Promise<string> {
  const started = project.start(['run', 'slow', '--reporter', 'json']);
  const begun = await started.event(({ type }) => type === 'suite_started');
  const run = begun.type === 'suite_started' ? begun.run : '';
  onTestFinished(async () => {
    for (const pid of await processesOf(project.root, run)) process.kill(pid, 'SIGKILL');
  });
  await started.event((event) => event.type === 'phase_started' && event.phase === phase);
  started.child.kill('SIGKILL');
  expect((await started.finished).signal).toBe('SIGKILL');
  return run;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error('it never came to that');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface RunRow {
  readonly run: string;
  readonly status: string;
  readonly scenarios: readonly { readonly name: string; readonly status: string }[];
}

async function resultsOf(project: ProjectFolder): Promise<readonly RunRow[]> {
  const { stdout, exitCode } = await project.playbook('results', '--format', 'json');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as readonly RunRow[];
}

describe('FAULTS 31: SIGKILL', () => {
  it('leaves results that could not be brought home to cleanup --kept: the next run does not remove them', async () => {
    const project = await projectFolder({ ...SLOW, ...QUICK });
    const run = await killIn(project, 'collect');
    const found = (await project.list('.playbook')).find((file) => file.endsWith('/out/result'));
    const results = path.join(project.root, '.playbook', found ?? 'no results');
    const folder = path.dirname(path.dirname(results));
    const kept = { node: CONTROLLER, scenario: 'slow', folders: [folder], directories: [] };
    // As where a node could not be told any more.
    await appendFile(
      journalFile(project.root),
      encodeRecord({ type: 'kept', run, id: 4711, results: kept }),
    );
    const next = await project.playbook('run', 'quick', '--reporter', 'plain');
    expect(next.exitCode, next.stderr).toBe(0);
    expect(await readFile(results, 'utf8')).toBe('result\n');
    expect(next.stderr).toContain('nothing of that run is left, but for results that are kept');
    expect(next.stderr).toContain(
      `results of slow (run ${run}) could not be brought home, and are kept in ${folder}`,
    );
    expect((await project.playbook('cleanup', '--kept')).exitCode).toBe(0);
    expect(await project.list('.playbook')).toEqual([]);
  });

  it.each(PHASES.map((phase, index) => [phase, index % 2 === 0 ? 'run' : 'cleanup'] as const))(
    'in phase %s: the next %s removes what was left, and the run is readable and interrupted',
    async (phase, command) => {
      const project = await projectFolder({ ...SLOW, ...QUICK });
      const run = await killIn(project, phase);
      expect(await project.list('.playbook')).toContain('journal');
      if (command === 'run') {
        const next = await project.playbook('run', 'quick', '--reporter', 'json');
        expect(next.exitCode, next.stderr).toBe(0);
        const types = (await project.events()).map(({ type }) => type);
        // Before anything else is done: what was left must not disturb what is measured now.
        if (types.includes('recovered')) {
          expect(types.indexOf('recovered')).toBeLessThan(types.indexOf('scenario_started'));
        }
      } else {
        const cleaned = await project.playbook('cleanup', '--format', 'json');
        expect(cleaned.exitCode, cleaned.stderr).toBe(0);
        const { nodes, interrupted_runs } = JSON.parse(cleaned.stdout) as {
          readonly nodes: readonly { readonly run: string; readonly status: string }[];
          readonly interrupted_runs: readonly string[];
        };
        expect(interrupted_runs).toEqual([run]);
        expect(nodes.length).toBeGreaterThan(0);
        for (const node of nodes) expect(node).toMatchObject({ run, status: 'clean' });
      }

      expect(await processesOf(project.root, run)).toEqual([]);
      expect(await project.list('.playbook')).toEqual([]);
      const runs = await readRuns(path.join(project.root, 'results'));
      expect(runs.find((each) => each.run === run)).toMatchObject({
        status: 'interrupted',
        scenarios: [{ name: 'slow', status: 'interrupted' }],
      });
      const summary = await project.read(`results/${run}/suite_summary.json`);
      expect(JSON.parse(summary)).toMatchObject({ run, status: 'interrupted', exit_code: null });
      const files = await project.list(`results/${run}`);
      expect(files.filter((file) => /\.(tmp|part)$/.test(file))).toEqual([]);
      // What was collected before stays.
      if (['stop', 'clean', 'verify'].includes(phase)) {
        const result = await project.read(`results/${run}/slow/test_artifacts/out/result`);
        expect(result).toBe('result\n');
      }
    },
    40_000,
  );

  it.each<[string, (bytes: Buffer) => Buffer | null]>([
    ['gone', () => null],
    ['empty', () => Buffer.alloc(0)],
    ['cut in its first line', (bytes) => bytes.subarray(0, 50)],
    ['cut after its first line', (bytes) => bytes.subarray(0, bytes.indexOf('\n') + 1)],
    ['without a line', (bytes) => Buffer.alloc(bytes.length, '\n')],
    ['nothing but noise', (bytes) => Buffer.from(bytes.map((_, index) => (index * 167) % 251))],
  ])('and its journal is %s: cleanup removes what was left all the same', async (_, damage) => {
    const project = await projectFolder(SLOW);
    const run = await killIn(project, 'benchmark');
    const journal = path.join(project.root, '.playbook/journal');
    const damaged = damage(await readFile(journal));
    await (damaged === null ? rm(journal) : writeFile(journal, damaged));
    const cleaned = await project.playbook('cleanup');
    expectExit(cleaned, 0);
    expect(cleaned.stdout).toContain(`node1: removed of run ${run}:`);
    expect(await processesOf(project.root, run)).toEqual([]);
    expect(await project.list('.playbook')).toEqual([]);
    expect((await project.playbook('cleanup')).stdout).toBe('nothing to clean up\n');
  });

  it('of a run that used a node which is gone from nodes.yaml: says so, keeps the entry, and gives it up when told to', async () => {
    const project = await projectFolder({
      ...SLOW,
      ...QUICK,
    });
    const run = await killIn(project, 'benchmark');
    await project.write({
      'config/nodes.yaml': 'nodes:\n  other: { transport: local, runtime: process }\n',
    });
    const first = await project.playbook('cleanup');
    expect(first.exitCode).toBe(3);
    expect(first.stdout).toContain('node1 (this machine) is not in config/nodes.yaml any more');
    expect(first.stdout).toContain('cleanup --forget node1');
    expect(await project.list('.playbook')).toContain('journal');
    const next = await project.playbook('run', 'quick', '--reporter', 'plain');
    expect(next.exitCode).toBe(0);
    expect(next.stderr).toContain('is not in config/nodes.yaml any more');
    const forgotten = await project.playbook('cleanup', '--forget', 'node1');
    expect(forgotten.exitCode).toBe(0);
    expect((await project.playbook('cleanup')).stdout).toBe('nothing to clean up\n');
    expect(forgotten.stdout).toContain(`given up: service engine of run ${run}`);
    expect(await project.list('.playbook')).not.toContain('journal');
  });

  it('of a project that was moved, or copied, since: the next run there removes what was left, at once', async () => {
    const project = await projectFolder({ ...SLOW, ...QUICK });
    const run = await killIn(project, 'benchmark');
    const token = controllerToken(project.root);
    const elsewhere = await projectFolder({});
    const moved = path.join(elsewhere.root, 'moved');
    const copied = path.join(elsewhere.root, 'copied');
    await rename(project.root, moved);
    await cp(moved, copied, { recursive: true });
    expect(controllerToken(moved)).toBe(token);
    expect(controllerToken(copied)).not.toBe(token);

    const next = await elsewhere.playbook('-C', moved, 'run', 'quick', '--reporter', 'plain');
    expect(next.exitCode, next.stderr).toBe(0);
    expect(await elsewhere.list('moved/.playbook')).toEqual(['identity']);
    const marked = await processesOf(moved, run);
    expect(marked).toEqual([]);
    // What has come along to the copy is nobody's.
    const cleaned = await elsewhere.playbook('-C', copied, 'cleanup');
    expect(cleaned.exitCode, cleaned.stderr).toBe(0);
    expect(await elsewhere.list('copied/.playbook')).toEqual(['identity']);
  });

  it('leaves alone what is not its own: a run folder of another controller, and of another run', async () => {
    const project = await projectFolder({ ...SLOW, ...QUICK });
    await project.write({
      '.playbook/nodes/node1/playbook-20200101_000000-abcdef/slow/file': 'another run',
    });
    const run = await killIn(project, 'benchmark');
    await project.write({
      [`.playbook/nodes/node1/playbook-${run}-ffffff/slow/file`]: 'another controller',
    });
    expect((await project.playbook('cleanup')).exitCode).toBe(0);
    expect(await project.list('.playbook')).toEqual([
      'nodes/node1/playbook-20200101_000000-abcdef/slow/file',
      `nodes/node1/playbook-${run}-ffffff/slow/file`,
    ]);
  });
});

describe('FAULTS 32: two runs of one project overlap', () => {
  it('the one that another machine has given up stops, collects, leaves nothing of its own, and exits 3', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_given_up', {
        metadata: 'test_execution: { result_paths: [out/] }',
        compose: 'services: { engine: { command: sleep 300 } }',
        script: 'echo result > out/result; sleep 300',
      }),
      ...QUICK,
    });
    const started = project.start(['run', '--all', '--reporter', 'json']);
    await started.event(({ type }) => type === 'script_started');
    const begun = await started.event(({ type }) => type === 'suite_started');
    const run = begun.type === 'suite_started' ? begun.run : '';
    await until(async () => (await processesOf(project.root, run)).length >= 2);
    // What the other does with the project, which lies on a disk of both.
    const [holder = ''] = (await project.read('.playbook/lock')).split('\n');
    const other = { ...(JSON.parse(holder) as object), holder: 'other', host: 'elsewhere' };
    const theirs = { lock: `${JSON.stringify(other)}\n0000000001\n`, journal: 'of the other\n' };
    for (const [name, text] of Object.entries(theirs)) {
      await project.write({ [`.playbook/${name}.new`]: text });
      const file = path.join(project.root, '.playbook', name);
      await rename(`${file}.new`, file);
    }

    const { exitCode, stderr } = await started.finished;
    expect(exitCode, stderr).toBe(3);
    const suite = await project.suite();
    expect(suite).toMatchObject({ status: 'cancelled', exit_code: 3 });
    expect(suite.scenarios[1]).toMatchObject({ name: 'quick', status: 'skipped' });
    expect(suite.scenarios[0]?.failure?.message).toContain('it has lost the project');
    const told = (await project.events()).flatMap((event) =>
      event.type === 'warning' ? event.message : [],
    );
    expect(told.join('\n')).toMatch(/on elsewhere, .* has it/);
    expect(await project.resultFile('given_up/test_artifacts/out/result')).toBe('result\n');
    expect(await processesOf(project.root, run)).toEqual([]);
    expect(await project.list('.playbook')).toEqual(['journal', 'lock']);
    for (const [name, text] of Object.entries(theirs)) {
      expect(await project.read(`.playbook/${name}`)).toBe(text);
    }
  }, 40_000);

  it('the second exits 5 and names the holder, as does cleanup; or it waits as long as asked', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_held', {
        script: 'until [ -e "$GATE" ]; do sleep 0.05; done',
      }),
      ...QUICK,
    });
    const gate = path.join(project.root, 'gate');
    const first = project.start(['run', 'held', '--reporter', 'json'], { GATE: gate });
    await first.event(({ type }) => type === 'script_started');
    const { run } = JSON.parse(
      await project.read('results/latest/events.ndjson').then((text) => text.split('\n')[0] ?? ''),
    ) as { run: string };

    const [second, cleanup, status] = await Promise.all([
      project.playbook('run', 'quick'),
      project.playbook('cleanup'),
      resultsOf(project),
    ]);
    for (const refused of [second, cleanup]) {
      expect(refused.exitCode).toBe(5);
      expect(refused.stderr).toContain(`run ${run} (process ${first.child.pid} of `);
    }
    expect(status).toMatchObject([{ run, status: 'running' }]);

    const impatient = await project.playbook('run', 'quick', '--wait-lock', '300ms');
    expect(impatient.exitCode).toBe(5);
    expect(impatient.stderr).toContain('still locked after 0.3 s');
    const patient = project.start(['run', 'quick', '--wait-lock', '1m', '--reporter', 'json']);
    const waiting = await patient.event(({ type }) => type === 'waiting');
    expect(waiting).toMatchObject({ scenario: null, duration_s: 60 });
    await writeFile(gate, '');
    expect((await first.finished).exitCode).toBe(0);
    expect((await patient.finished).exitCode).toBe(0);
    expect((await resultsOf(project)).map(({ status: each }) => each)).toEqual([
      'completed',
      'completed',
    ]);
    expect(await project.list('.playbook')).toEqual([]);
  });
});
