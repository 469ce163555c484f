import { defineConfig } from 'vitest/config';

const endurance = 'test/outage-recovery.test.ts';
const alone = ['overload', 'flood', 'directory', 'attachments', 'owner-files', 'mailbox-large'].map(
  (name) => `test/${name}.test.ts`,
);
const withServers = {
  globalSetup: ['test/support/servers.ts'],
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Also on the two cores of CI: many files wait for servers and processes, one of them nearly all of its time.
    maxWorkers: 2,
    projects: [
      {
        // No servers, no network: what runs on every save.
        test: {
          name: 'unit',
          include: ['{src,channels,workers,chaos}/**/*.test.{ts,tsx}'],
          // properties try a hundred cases, on a machine that may be busy
          testTimeout: 30_000,
        },
      },
      {
        // First, by its name: for two minutes it waits more than it works, and the others pass it by.
        test: {
          ...withServers,
          name: 'endurance',
          include: [endurance],
          // all its cases at a time
          maxConcurrency: 9,
        },
      },
      {
        test: {
          ...withServers,
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [endurance, ...alone],
        },
      },
      {
        // Last, and one at a time: a gateway on a machine that is overloaded answers 503, as it should, and takes longer.
        test: {
          ...withServers,
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
