import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

import { createSecondTryReporter } from './test/support/second-try-reporter.js';

/**
 * Tests talk to real processes, sockets and nodes: on a machine that is busy with something else one may be late for once.
 * What is broken is broken the second time, too; and the report says which were tried twice.
 */
const retry = process.env['CI'] ? 1 : 0;

/** They need the lab. */
const lab = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  pool: 'forks',
  retry,
} as const;

export default defineConfig({
  test: {
    reporters: ['default', createSecondTryReporter()],
    projects: [
      {
        test: {
          name: 'plain',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**'],
          testTimeout: 20_000,
          retry,
          // Process trees and sockets leak between tests of one worker if it is shared.
          pool: 'forks',
          // On two cores it would be one, and most tests wait for something.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...lab,
          name: 'lab compose',
          // Each works on a node of its own, for itself.
          include: ['test/lab/compose/v?.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...lab,
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: ['test/lab/compose/v?.test.ts'],
          // They break and mend the same nodes.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
