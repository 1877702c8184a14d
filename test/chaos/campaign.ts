import { labNode, type LabNode } from '../lab/support/lab.js';
import { takeInventory, whatIsNew } from './checks/on-nodes.js';
import { whatIsLeftHere } from './checks/here.js';
import { objectionsToResults } from './checks/results.js';
import type { FaultName } from './faults/all.js';
import { mendNodes, removeProject, removeStaleProjects, scrubNodes } from './lab-care.js';
import { start } from './project/playbook.js';
import { makeProject } from './project/project.js';
import { MACHINE_OF } from './project/suite.js';
import { seedOf } from './random.js';
import { type Baseline, type RoundResult, runRound } from './round.js';

export interface CampaignOptions {
  readonly runs: number;
  readonly seed: number;
  /** Only this fault. */
  readonly only: FaultName | null;
  /** Go on after a violation. */
  readonly keepsGoing: boolean;
  /** Ends the campaign; what was done to the nodes is undone. */
  readonly signal: AbortSignal;
  readonly onBaseline?: (baseline: Baseline) => void;
  readonly onRound?: (result: RoundResult) => void;
}

/** Runs the small suite again and again, each time hit by one fault. Nobody else may use the lab meanwhile. */
export async function runCampaign(options: CampaignOptions): Promise<readonly RoundResult[]> {
  const { runs, seed, only, keepsGoing, signal } = options;
  const nodes = [...new Set(Object.values(MACHINE_OF))].map(labNode);
  await removeStaleProjects();
  await mendNodes(nodes);
  const clean = await takeInventory(nodes);
  const baseline = await measureBaseline(nodes, signal);
  options.onBaseline?.(baseline);
  const results: RoundResult[] = [];
  for (let index = 0; index < runs && !signal.aborted; index += 1) {
    const result = await runRound({
      seed: seedOf(seed, index),
      ...{ only, nodes, clean, baseline, signal },
    });
    results.push(result);
    options.onRound?.(result);
    if (result.violations.length > 0 && !keepsGoing) break;
  }
  return results;
}

/** Of a run that nothing is done to: how long it takes; and that it is without fault. */
async function measureBaseline(nodes: readonly LabNode[], signal: AbortSignal): Promise<Baseline> {
  const clean = await takeInventory(nodes);
  const project = await makeProject();
  try {
    const running = start(project.root, ['run', '--all', '--reporter', 'json']);
    const stop = () => running.kill('SIGINT');
    signal.addEventListener('abort', stop, { once: true });
    const ended = await running.ended;
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
    const objections = [
      ...(ended.exitCode === 0 ? [] : [`it exits with ${String(ended.exitCode)}`]),
      ...(await objectionsToResults(project.root)),
      ...whatIsNew(clean, await takeInventory(nodes)),
      ...(await whatIsLeftHere(project)),
    ];
    if (objections.length > 0) {
      const said = `${ended.stdout.slice(-20_000)}\n${ended.stderr}`;
      throw new Error(`undisturbed, the suite is at fault:\n${objections.join('\n')}\n${said}`);
    }
    return { durationMs: ended.durationMs, events: running.events.length };
  } finally {
    await scrubNodes(nodes, project.controller);
    await removeProject(project.root);
  }
}
