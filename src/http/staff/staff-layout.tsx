import type { Child } from 'hono/jsx';
import type { StaffMember } from '../../domain/staff.ts';
import type { Asset } from '../pages/assets.ts';
import type { View } from '../pages/layout.tsx';
import { staffHome } from './paths.ts';
import { staffWords } from './words.ts';

type StaffLayoutProps = {
  readonly view: View;
  readonly staff: StaffMember;
  readonly title: string;
  /** For the button that signs out. */
  readonly csrfToken: string;
  readonly children: Child;
  /** Modules that make the page more comfortable; the first starts the others. */
  readonly scripts?: readonly Asset[];
  /** Loads the page again, where there is no JavaScript to do better. */
  readonly refreshSeconds?: number | undefined;
};

/** The dress of the staff's pages: head, and a header with who is signed in and how to sign out. */
export function StaffLayout(props: StaffLayoutProps) {
  const { view, staff, title, csrfToken, children, scripts = [], refreshSeconds } = props;
  const { speech, assets, otherLanguageHref } = view;
  const { site } = speech.words;
  const words = staffWords[speech.language].layout;
  const other = speech.language === 'id' ? 'en' : 'id';
  return (
    <StaffPage view={view} title={title} scripts={scripts} refreshSeconds={refreshSeconds}>
      <header>
        <nav aria-label={words.menu}>
          <a class="brand" href={staffHome}>
            <img src={assets.icon.path} alt="" width="28" height="28" />
            {site.name}
          </a>
          <a href="/petugas/sesi" title={words.account}>
            {staff.name}
          </a>
          <a
            class="language"
            href={otherLanguageHref}
            lang={other}
            hreflang={other}
            aria-label={site.otherLanguageName}
          >
            {site.otherLanguage}
          </a>
          <form method="post" action="/petugas/keluar">
            <input type="hidden" name="csrf" value={csrfToken} />
            <button type="submit" class="language">
              {words.signOut}
            </button>
          </form>
        </nav>
      </header>
      <main id="isi">{children}</main>
    </StaffPage>
  );
}

type StaffPageProps = Pick<StaffLayoutProps, 'view' | 'title' | 'children' | 'scripts' | 'refreshSeconds'>;

/** What all pages of staff have: the head, and the way past the header. */
export function StaffPage({ view, title, children, scripts = [], refreshSeconds }: StaffPageProps) {
  const { speech, assets } = view;
  return (
    <html lang={speech.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        {refreshSeconds !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshSeconds)} />
          </noscript>
        )}
        <title>{`${title} – ${speech.words.site.name}`}</title>
        <link rel="stylesheet" href={assets.pico.path} />
        <link rel="stylesheet" href={assets.site.path} />
        <link rel="stylesheet" href={assets.staff.path} />
        <link rel="icon" href={assets.icon.path} type="image/svg+xml" />
        {scripts.slice(1).map(({ path }) => (
          <link rel="modulepreload" href={path} />
        ))}
        {scripts.slice(0, 1).map(({ path }) => (
          <script type="module" src={path} />
        ))}
      </head>
      <body class="staff">
        <a class="skip" href="#isi">
          {speech.words.site.skip}
        </a>
        {children}
      </body>
    </html>
  );
}
