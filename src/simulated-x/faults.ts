/** Something that goes wrong with requests whose path matches; forever, where `times` is not given. */
export type Fault = { readonly path: RegExp; readonly method?: string; readonly times?: number } & (
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** The connection is cut: `before` anything is done, or `after` it was carried out, so that the answer is lost. */
  | { readonly cut: 'before' | 'after' }
  /** It is carried out at once, and answered that much later. */
  | { readonly hangMs: number }
);

export type Faults = ReturnType<typeof createFaults>;

export function createFaults() {
  const faults = new Map<Fault, { left: number }>();
  return {
    /** Returns how to take it back. */
    add: (fault: Fault): (() => void) => {
      faults.set(fault, { left: fault.times ?? Number.POSITIVE_INFINITY });
      return () => void faults.delete(fault);
    },
    /** The first that fits; it is used up by one. */
    take: (method: string, path: string): Fault | null => {
      for (const [fault, uses] of faults) {
        const fits = fault.path.test(path) && (fault.method === undefined || fault.method === method);
        if (!fits) continue;
        uses.left -= 1;
        if (uses.left <= 0) faults.delete(fault);
        return fault;
      }
      return null;
    },
  };
}
