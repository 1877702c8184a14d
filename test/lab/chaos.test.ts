import { describe, expect, it, onTestFinished } from 'vitest';

import { runCampaign } from '../chaos/campaign.js';
import { renderRound, renderTable } from '../chaos/report.js';
import { labSkipReason } from './support/lab.js';

const skipReason = labSkipReason(2);

const RUNS = 20;
/** After this time no further run is begun: on a slow machine there are fewer. */
const BUDGET_MS = 220_000;
const FEWEST_RUNS = 5;

describe.skipIf(skipReason !== null)(`chaos${skipReason === null ? '' : `: ${skipReason}`}`, () => {
  it(
    'whatever hits a run at whatever moment, nothing is lost, nothing is left behind, and the truth is told',
    { timeout: BUDGET_MS + 180_000 },
    async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      console.log(`chaos: seed ${seed}`);
      const stop = new AbortController();
      onTestFinished(() => stop.abort(new Error('the test is over')));
      const results = await runCampaign({
        ...{ runs: RUNS, seed, only: null, keepsGoing: false, budgetMs: BUDGET_MS },
        signal: stop.signal,
      });
      console.log(renderTable(results));
      const bad = results.filter(({ violations }) => violations.length > 0);
      expect(bad.map(renderRound).join('\n')).toBe('');
      expect(results.length).toBeGreaterThanOrEqual(FEWEST_RUNS);
    },
  );
});
