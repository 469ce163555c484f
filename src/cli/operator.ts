import { userInfo } from 'node:os';

/** Who runs this command, as the audit log names them: the user's name on this machine, or its number where it has none. */
export function nameOperator(): string {
  try {
    return userInfo().username;
  } catch {
    // containers run under numbers that no name belongs to
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
