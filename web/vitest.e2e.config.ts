// The whole stack: the real opencode and Caddy, real git, a real browser. One stack at a time on two cores.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // The first failure of a journey makes its later steps meaningless; those of other journeys are worth knowing.
    bail: 20,
  },
});
