import type { Child } from 'hono/jsx';
import type { StaffMember } from '../../domain/staff.ts';
import type { Asset } from '../pages/assets.ts';
import type { View } from '../pages/layout.tsx';
import { staffHome } from './area.ts';

type StaffLayoutProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly title: string;
  /** For the button that signs out. */
  readonly csrfToken: string;
  readonly children: Child;
  /** Modules that make the page more comfortable; the first starts the others. */
  readonly scripts?: readonly Asset[];
};

/** The dress of the staff's pages: head, and a header with what they may do. */
export function StaffLayout({ view, staff, title, csrfToken, children, scripts = [] }: StaffLayoutProps) {
  const { speech, assets } = view;
  return (
    <html lang={speech.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} – ${speech.words.site.name}`}</title>
        <link rel="stylesheet" href={assets.pico.path} />
        <link rel="stylesheet" href={assets.site.path} />
        <link rel="icon" href={assets.icon.path} type="image/svg+xml" />
        {scripts.slice(1).map(({ path }) => (
          <link rel="modulepreload" href={path} />
        ))}
        {scripts.slice(0, 1).map(({ path }) => (
          <script type="module" src={path} />
        ))}
      </head>
      <body class="staff">
        <header>
          <nav>
            <a class="brand" href={staffHome}>
              <img src={assets.icon.path} alt="" width="28" height="28" />
              {speech.words.site.name}
            </a>
            <form method="post" action="/petugas/keluar">
              <input type="hidden" name="csrf" value={csrfToken} />
              <button type="submit" class="quiet">
                {staff.name}
              </button>
            </form>
          </nav>
        </header>
        <main id="isi">{children}</main>
      </body>
    </html>
  );
}
