import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

/** They need the lab. On a busy machine a whole node may be late for once; what is broken is broken the second time, too. */
const lab = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  pool: 'forks',
  retry: process.env['CI'] ? 1 : 0,
} as const;

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'plain',
          include: ['test/**/*.test.ts'],
          exclude: ['test/lab/**'],
          testTimeout: 20_000,
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
