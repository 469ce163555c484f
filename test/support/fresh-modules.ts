import { vi } from 'vitest';

/** Test files that share a process share the packages loaded in it; our own modules, and what they keep, begin anew with each file. */
vi.resetModules();
