import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // No servers, no network: what runs on every save.
        test: { name: 'unit', include: ['{src,channels,workers,chaos}/**/*.test.{ts,tsx}'] },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/support/servers.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // all cases of outage-recovery.test.ts: they wait, and use little
          maxConcurrency: 6,
        },
      },
    ],
  },
});
