/** Where a command finds its database, and what is done when it is through with it. */
export type Database = { readonly url: string; readonly release: () => Promise<void> };

/** A database that others run and end. */
export function lend(url: string): Database {
  return { url, release: async () => undefined };
}
