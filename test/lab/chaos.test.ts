import { describe, expect, it, onTestFinished } from 'vitest';

import { runCampaign } from '../chaos/campaign.js';
import { renderRound, renderTable } from '../chaos/report.js';
import { labSkipReason } from './support/lab.js';

const skipReason = labSkipReason(2);

const RUNS = 20;
/** Each takes about as long as the suite does undisturbed: a dozen seconds. */
const LONGEST_MS = 15 * 60_000;

describe.skipIf(skipReason !== null)(`chaos${skipReason === null ? '' : `: ${skipReason}`}`, () => {
  it(
    'whatever hits a run at whatever moment, nothing is lost, nothing is left behind, and the truth is told',
    { timeout: LONGEST_MS },
    async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      console.log(`chaos: seed ${seed}`);
      const stop = new AbortController();
      onTestFinished(() => stop.abort(new Error('the test is over')));
      const results = await runCampaign({
        ...{ runs: RUNS, seed, only: null, keepsGoing: false },
        signal: stop.signal,
      });
      console.log(renderTable(results));
      const bad = results.filter(({ violations }) => violations.length > 0);
      expect(bad.map(renderRound).join('\n')).toBe('');
      expect(results).toHaveLength(RUNS);
    },
  );
});
