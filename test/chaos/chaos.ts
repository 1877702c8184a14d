import { parseArgs } from 'node:util';

import { labSkipReason, repairLab } from '../lab/support/lab.js';
import { runCampaign } from './campaign.js';
import { FAULT_NAMES, type FaultName } from './faults/all.js';
import { renderRound, renderTable } from './report.js';
import type { RoundResult } from './round.js';

const USAGE = `Usage: npm run chaos -- [--runs N] [--seed S] [--only FAULT] [--keep-going]
  --runs N        how often the suite is run and hit (200)
  --seed S        repeats what was drawn with it, as far as timing allows
  --only FAULT    ${FAULT_NAMES.join(', ')}
  --keep-going    go on after a violation`;

const DEFAULT_RUNS = 200;
const NODES = 2;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = askedFor();
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n${USAGE}\n`);
    return 2;
  }
  if (labSkipReason(NODES) !== null) await repairLab();
  const obstacle = labSkipReason(NODES);
  if (obstacle !== null) {
    process.stderr.write(`chaos: ${obstacle}\n`);
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      process.stderr.write('chaos: stopping; what was done to the lab is undone\n');
      stop.abort(new Error('stopped'));
    });
  }
  console.log(`seed ${asked.seed}, ${asked.runs} runs`);
  const results: RoundResult[] = [];
  try {
    await runCampaign({
      ...asked,
      signal: stop.signal,
      onBaseline: ({ durationMs, events }) =>
        console.log(`undisturbed: ${(durationMs / 1000).toFixed(1)} s, ${events} events`),
      onRound: (result) => {
        results.push(result);
        console.log(renderRound(result));
      },
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  console.log(renderTable(results));
  if (stop.signal.aborted) return 130;
  return results.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

function askedFor() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        runs: { type: 'string', default: String(DEFAULT_RUNS) },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        only: { type: 'string' },
        'keep-going': { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return (error as Error).message;
  }
  const runs = Number(values.runs);
  const seed = Number(values.seed);
  const only = values.only ?? null;
  if (!Number.isInteger(runs) || runs < 1) return `--runs takes a number, not "${values.runs}".`;
  if (!Number.isInteger(seed)) return `--seed takes a number, not "${values.seed}".`;
  if (only !== null && !isFaultName(only)) return `There is no fault "${only}".`;
  return { runs, seed, only, keepsGoing: values['keep-going'] };
}

function isFaultName(name: string): name is FaultName {
  return (FAULT_NAMES as readonly string[]).includes(name);
}
