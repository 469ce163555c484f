import type { Child } from 'hono/jsx';

/** What did not work, where readers look and hear first. */
export function Alert({ title, children }: { readonly title: string; readonly children: Child }) {
  return (
    <div class="alert" role="alert" tabindex={-1}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
