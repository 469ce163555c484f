/** The part of autocannon's interface that the benchmark uses; the package brings no types. */
declare module 'autocannon' {
  type Request = { body?: string; setupRequest?: (request: Request) => Request };
  type Client = { readonly setRequests: (requests: readonly Request[]) => void };
  type Result = {
    readonly requests: { readonly average: number; readonly total: number };
    readonly duration: number;
    readonly non2xx: number;
    readonly errors: number;
    readonly '2xx': number;
  };
  type Options = {
    readonly url: string;
    readonly method: 'POST';
    readonly connections: number;
    readonly duration?: number;
    readonly amount?: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly requests?: readonly Request[];
    readonly setupClient?: (client: Client) => void;
  };
  const autocannon: (options: Options) => Promise<Result>;

  export { autocannon as default, type Options };
}
