// The whole stack: the real opencode and Caddy, real git, a real browser.
import { defineConfig } from 'vitest/config';
import { isTriedAgain } from './e2e/bars';

export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    // A file has a stack of its own, and waits for it as often as it works: two fill two cores.
    maxWorkers: 2,
    // More than one wait of `PATIENCE`, so that it is the wait that says what did not come.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: { count: 2, condition: isTriedAgain },
    // The first failure of a journey makes its later steps meaningless; those of other journeys are worth knowing.
    bail: 20,
  },
});
