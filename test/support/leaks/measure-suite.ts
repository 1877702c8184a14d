// `node --expose-gc … measure-suite.ts ROOT`: runs the suite of a project in this one process, as a program does that uses
// playbook as a library, and prints as JSON what the process held when each scenario began.
import { readdirSync } from 'node:fs';

import { loadProject, planSuite, runSuite } from '../../../src/library/index.js';
import { type Measured, type Sample, WINDOWS } from './judge.js';

const [root = ''] = process.argv.slice(2);
const { gc } = globalThis;
if (!gc) throw new Error('run it with --expose-gc');

const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));
const loaded = await loadProject(root);
if (!loaded.project) throw new Error(JSON.stringify(loaded.problems));
const samples: { early: Sample[]; late: Sample[] } = { early: [], late: [] };
let begun = 0;
const summary = await runSuite(planSuite(loaded.project), {
  onEvent: (event) => {
    if (event.type !== 'scenario_started') return;
    for (const window of ['early', 'late'] as const) {
      const [from, to] = WINDOWS[window];
      if (begun >= from && begun < to) samples[window].push(takeSample());
    }
    begun += 1;
  },
});
const measured: Measured = {
  statuses: summary.scenarios.map(({ status }) => status),
  failure: summary.scenarios.find(({ failure }) => failure !== null)?.failure?.message ?? null,
  samples,
  warnings,
};
process.stdout.write(JSON.stringify(measured));

function takeSample(): Sample {
  gc?.();
  const resources = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    resources.set(name, (resources.get(name) ?? 0) + 1);
  }
  return {
    heapBytes: process.memoryUsage().heapUsed,
    outsideHeapBytes: process.memoryUsage().external,
    fileDescriptors: readdirSync('/proc/self/fd').length,
    resources: Object.fromEntries(resources),
  };
}
