import type { Reporter } from '../reporter.js';

/** Shows nothing: the results folder and the exit code say it all. */
export const silentReporter: Reporter = {
  on() {
    // Silence is the job.
  },
  close: () => Promise.resolve(),
};
