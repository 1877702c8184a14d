import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Process trees and sockets leak between tests of one worker if it is shared.
    pool: 'forks',
    reporters: ['default'],
  },
});
