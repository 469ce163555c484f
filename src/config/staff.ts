import { type Env, integer, read } from './values.ts';

/** How staff sign in. */
export type StaffConfig = {
  /** Minutes without a request after which a session ends. */
  readonly sessionIdleMinutes: number;
  /** Hours after which it ends in any case. */
  readonly sessionHours: number;
};

/** Throws `AppError` `config` that names the variable. */
export function parseStaffConfig(env: Env): StaffConfig {
  return {
    sessionIdleMinutes: read(env, 'STAFF_SESSION_IDLE_MINUTES', integer(1, 1_440), 30),
    sessionHours: read(env, 'STAFF_SESSION_HOURS', integer(1, 168), 12),
  };
}
