import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { StampedEvent } from '../../src/model/event.js';
import type { SuiteSummary } from '../../src/model/result.js';
import type { LabNode } from '../lab/support/lab.js';
import type { Moment, Story } from './checks/expectation.js';
import { whatIsLeftHere } from './checks/here.js';
import { type Inventory, takeInventory, whatIsNew } from './checks/on-nodes.js';
import { objectionsToResults } from './checks/results.js';
import { type ListedRun, objectionsToStory } from './checks/story.js';
import { FAULTS, type FaultName, LOTS } from './faults/all.js';
import type { Fault } from './faults/fault.js';
import { mendNodes, removeProject, scrubNodes } from './lab-care.js';
import { type Ended, type Running, playbook, start } from './project/playbook.js';
import { type ChaosProject, makeProject } from './project/project.js';
import { LEASE_S } from './project/suite.js';
import { type Random, createRandom } from './random.js';

/** How a run of the suite goes when nothing is done to it. */
export interface Baseline {
  readonly durationMs: number;
  readonly events: number;
}

export interface RoundResult {
  readonly seed: number;
  readonly fault: FaultName;
  /** What was done, and when. */
  readonly description: string;
  /** What became of the run: `exit 3, failed`. */
  readonly outcome: string;
  readonly recovery: string;
  /** From the beginning of the recovery to its end. */
  readonly recoveryMs: number;
  readonly durationMs: number;
  /** What is not as it should be: a sentence each. */
  readonly violations: readonly string[];
  /** For whoever has to find out why: only where there are violations. */
  readonly evidence: string;
}

export interface RoundOptions {
  readonly seed: number;
  readonly only: FaultName | null;
  readonly nodes: readonly LabNode[];
  /** What is on the nodes when nothing of ours is. */
  readonly clean: Inventory;
  readonly baseline: Baseline;
  /** Stops the round; everything is mended and removed. */
  readonly signal: AbortSignal;
}

/** Beyond the lease: until the watchdog looks again, and for what it has to remove. */
const WATCHDOG_MS = 1_000 * (LEASE_S + 20);
/** Docker and sshd let go of what has ended a little later than they say. */
const SETTLING_MS = 4_000;
/** A session whose line was cut: the node's kernel finds out when it next tries to send, later each time. */
const SESSION = /: process (sshd: |\/bin\/sh -c echo playbook:shell; read -r B; eval )/;
const SESSION_MS = 130_000;

type Recovery = 'run' | 'cleanup' | 'watchdog';

/** One run of the suite, hit by one fault; then everything is mended, cleaned up, and looked at. */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { seed, nodes, signal } = options;
  const begin = performance.now();
  const random = createRandom(seed);
  const drawn = random.pick(LOTS as [FaultName, ...FaultName[]]);
  const name = options.only ?? drawn;
  const fault = FAULTS[name](random, nodes);
  const waitForMoment = fault.aim ? aimAt(fault.aim) : drawMoment(random, options.baseline);
  const isForWatchdog = name === 'kill' || fault.isForWatchdog === true;
  const recovery = random.pick<Recovery>(
    isForWatchdog ? ['run', 'cleanup', 'watchdog'] : ['run', 'cleanup'],
  );

  const project = await makeProject();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  let running: Running | null = null;
  try {
    await fault.arrange?.(project);
    running = start(project.root, ['run', '--all', '--reporter', 'json'], fault.env);
    await waitForMoment.wait(running, stop);
    signal.throwIfAborted();
    const moment = await strike(fault, project, running, nodes, stop);
    const ended = await untilEnded(running, stop);
    const { events } = running;
    const summary = await readSummary(project.root);
    const violations: string[] = [];
    if (recovery === 'watchdog') violations.push(...(await letWatchdogWork(options)));
    await fault.mend(project);
    signal.throwIfAborted();

    const recovering = performance.now();
    const recovered = await recover(project, recovery);
    const recoveryMs = performance.now() - recovering;
    const isRecovered = recovered.exitCode === 0;
    if (!isRecovered) violations.push(`the recovery exits with ${String(recovered.exitCode)}`);

    violations.push(...(await removeKept(project, events)));
    const [first] = events;
    const answer = await listRun(project.root, first?.type === 'suite_started' ? first.run : null);
    const listed = typeof answer === 'string' ? null : answer;
    if (typeof answer === 'string') violations.push(answer);
    const story: Story = { ended, events, summary, moment };
    violations.push(
      ...objectionsToStory(story, fault.expectation, listed),
      ...(await objectionsToResults(project.root)),
      ...(await whatIsLeft(options, project)),
    );
    const isBad = violations.length > 0;
    const target = moment.target === '' ? '' : ` (${moment.target})`;
    return {
      seed,
      fault: name,
      description: `${fault.description}${target}, ${waitForMoment.description}: ${describeMoment(moment, events)}`,
      outcome: `${describeEnd(ended)}, ${summary?.status ?? listed?.status ?? 'nothing told'}`,
      recovery,
      recoveryMs,
      durationMs: performance.now() - begin,
      violations,
      evidence: isBad ? await gatherEvidence(project, story, recovered) : '',
    };
  } finally {
    over.abort();
    if (running && !running.isOver()) running.kill('SIGKILL');
    await running?.ended.catch(() => undefined);
    await fault.mend(project);
    await mendNodes(nodes);
    await scrubNodes(nodes, project.controller);
    await removeProject(project.root);
  }
}

interface DrawnMoment {
  readonly description: string;
  wait(running: Running, signal: AbortSignal): Promise<void>;
}

/** Half of them at any time, half of them right after any event: there is more to break where more happens. */
function drawMoment(random: Random, baseline: Baseline): DrawnMoment {
  if (random.next() < 0.5) {
    const afterMs = random.next() * baseline.durationMs;
    return {
      description: `after ${(afterMs / 1000).toFixed(1)} s`,
      wait: async (running, signal) => {
        const timeout = delay(afterMs, undefined, { signal }).catch(() => undefined);
        await Promise.race([timeout, running.ended]);
      },
    };
  }
  const count = 1 + Math.floor(random.next() * baseline.events);
  const further = random.next() < 0.5 ? 0 : random.between(0, 200);
  return {
    description: `at event ${count}${further === 0 ? '' : ` + ${Math.round(further)} ms`}`,
    wait: async (running, signal) => {
      await Promise.race([running.until(({ length }) => length >= count), aborted(signal)]);
      await delay(further);
    },
  };
}

function aimAt(aim: (event: StampedEvent) => boolean): DrawnMoment {
  return {
    description: 'at its moment',
    wait: (running, signal) =>
      Promise.race([running.until((events) => events.some(aim)), aborted(signal)]),
  };
}

/** Hits, and sees to it that the fault is over after its time. */
async function strike(
  fault: Fault,
  project: ChaosProject,
  running: Running,
  nodes: readonly LabNode[],
  signal: AbortSignal,
): Promise<Moment> {
  const before = running.events.length;
  const isAfterEnd = running.isOver();
  const hit = await fault.hit({ project, running, nodes, signal });
  const target = hit ?? '';
  const hitAt = Date.now();
  if (fault.lastsMs !== null) {
    const lasting = delay(fault.lastsMs, undefined, { signal }).catch(() => undefined);
    await Promise.race([lasting, running.ended]);
    await fault.mend(project);
  }
  const eventsAtEnd = running.events.length;
  return { events: before, eventsAtEnd, hitAt, target, isAfterEnd: isAfterEnd || hit === null };
}

async function untilEnded(running: Running, signal: AbortSignal): Promise<Ended> {
  await Promise.race([running.ended, aborted(signal)]);
  signal.throwIfAborted();
  return running.ended;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Nobody comes: the nodes clean themselves, but for a note that says so. */
async function letWatchdogWork({ nodes, clean, signal }: RoundOptions): Promise<readonly string[]> {
  const begin = performance.now();
  const left = async () => {
    const now = whatIsNew(clean, await takeInventory(nodes));
    // The note, in the folder of the lease.
    return now.filter(
      (line) => !/^\S+ file \/tmp\/playbook(\/|$)/.test(line) && !SESSION.test(line),
    );
  };
  let remains = await left();
  while (remains.length > 0 && performance.now() - begin < WATCHDOG_MS) {
    await delay(500, undefined, { signal });
    remains = await left();
  }
  return remains.map((line) => `the watchdog has left ${line}`);
}

async function recover({ root }: ChaosProject, recovery: Recovery): Promise<Ended> {
  return recovery === 'run'
    ? playbook(root, 'run', 'quick', '--reporter', 'json')
    : playbook(root, 'cleanup');
}

/**
 * Results that could not be brought home stay where they are until somebody says that they may go: that has to have been
 * told, and then it has to work.
 */
async function removeKept(
  { root }: ChaosProject,
  events: Running['events'],
): Promise<readonly string[]> {
  const isTold = events.some(
    (event) => event.type === 'warning' && event.message.includes('is kept: not everything'),
  );
  if (!isTold) return [];
  const removed = await playbook(root, 'cleanup', '--kept');
  return removed.exitCode === 0
    ? []
    : [`playbook cleanup --kept exits with ${String(removed.exitCode)}`];
}

async function whatIsLeft(
  { nodes, clean, signal }: RoundOptions,
  project: ChaosProject,
): Promise<readonly string[]> {
  const begin = performance.now();
  for (;;) {
    const left = [
      ...whatIsNew(clean, await takeInventory(nodes)),
      ...(await whatIsLeftHere(project)),
    ];
    if (left.length === 0) return [];
    const patienceMs = left.every((line) => SESSION.test(line)) ? SESSION_MS : SETTLING_MS;
    if (performance.now() - begin > patienceMs) return left.map((line) => `left on ${line}`);
    await delay(200, undefined, { signal });
  }
}

async function readSummary(root: string): Promise<SuiteSummary | null> {
  const results = path.join(root, 'results');
  const runs = await readdir(results).catch(() => []);
  const run = runs.find((name) => name !== 'latest' && !name.startsWith('chaos'));
  if (run === undefined) return null;
  const text = await readFile(path.join(results, run, 'suite_summary.json'), 'utf8').catch(
    () => '',
  );
  // That it can be read is looked at later.
  try {
    return JSON.parse(text) as SuiteSummary;
  } catch {
    return null;
  }
}

/** As `playbook results` has it; a sentence where it cannot be asked. */
async function listRun(root: string, run: string | null): Promise<ListedRun | string | null> {
  const asked = await playbook(root, 'results', '--format', 'json');
  if (asked.exitCode !== 0) {
    return `playbook results exits with ${String(asked.exitCode)}: ${asked.stderr}`;
  }
  const runs = JSON.parse(asked.stdout) as readonly ListedRun[];
  return runs.find((each) => each.run === run) ?? null;
}

function describeEnd({ exitCode, signal }: Ended): string {
  return signal ?? `exit ${String(exitCode)}`;
}

function describeMoment(moment: Moment, events: Running['events']): string {
  if (moment.isAfterEnd) return 'it was over';
  const last = events
    .slice(0, moment.events)
    .findLast(({ type }) => type === 'phase_started' || type === 'phase_finished');
  if (!last || !('phase' in last))
    return moment.events === 0 ? 'not begun' : 'before the first phase';
  return `${last.type === 'phase_started' ? 'in' : 'after'} ${last.phase} of ${last.scenario}`;
}

async function gatherEvidence(
  { root }: ChaosProject,
  { events, ended, moment, summary }: Story,
  recovered: Ended,
): Promise<string> {
  const lines = events.map((event, index) => {
    const hit =
      index === moment.events ? '>>> hit\n' : index === moment.eventsAtEnd ? '<<< over\n' : '';
    const { at, ...told } = event;
    const limit = event.type === 'node_checked' ? 120 : 600;
    return `${hit}${at.slice(14, 23)} ${JSON.stringify(told).slice(0, limit)}`;
  });
  const journal = await readFile(path.join(root, '.playbook/journal'), 'utf8').catch(
    () => '(none)',
  );
  return [
    `--- its events`,
    ...lines,
    `--- its standard error`,
    ended.stderr.slice(-4000),
    `--- its summary`,
    JSON.stringify(summary?.scenarios, null, 1),
    `--- the recovery: exit ${String(recovered.exitCode)}`,
    recovered.stderr.slice(-3000),
    recovered.stdout
      .split('\n')
      .filter((line) => /warning|failed/.test(line))
      .slice(-10)
      .join('\n')
      .slice(-3000),
    `--- the journal`,
    journal.trim().slice(-2000),
  ].join('\n');
}
