import { defineConfig } from 'vitest/config';

const endurance = ['test/outage-recovery.test.ts', 'test/twitter-faults.test.ts'];
const alone = ['overload', 'flood', 'directory', 'attachments', 'owner-files', 'mailbox-large'].map(
  (name) => `test/${name}.test.ts`,
);
/** Packages take a second to load: once in a process, not once in a file. */
const sharingPackages = { isolate: false, setupFiles: ['test/support/fresh-modules.ts'] };
const withServers = {
  ...sharingPackages,
  globalSetup: ['test/support/servers.ts'],
  // a bound, and no measure: four files at a time have two cores
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // On the two cores of CI: files wait for servers and processes half of their time.
    maxWorkers: 4,
    projects: [
      {
        // No servers, no network: what runs on every save.
        test: {
          ...sharingPackages,
          name: 'unit',
          include: ['{src,channels,workers,chaos}/**/*.test.{ts,tsx}'],
          // properties try a hundred cases, on a machine that may be busy
          testTimeout: 30_000,
        },
      },
      {
        // First, by their name: for minutes they wait more than they work, and the others pass them by.
        test: {
          ...withServers,
          name: 'endurance',
          include: endurance,
          // all cases of the one at a time, and the other's as they come
          maxConcurrency: 9,
        },
      },
      {
        test: {
          ...withServers,
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [...endurance, ...alone],
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
