import type { Child } from 'hono/jsx';
import type { View } from '../pages/layout.tsx';
import { staffHome } from './paths.ts';
import { StaffPage } from './staff-layout.tsx';
import { staffWords } from './words.ts';

type DoorProps = { readonly view: View; readonly title: string; readonly children: Child };

/** The dress of pages for staff of whom nobody knows yet who they are. */
export function StaffDoorLayout({ view, title, children }: DoorProps) {
  const { speech, assets, otherLanguageHref } = view;
  const { site } = speech.words;
  const other = speech.language === 'id' ? 'en' : 'id';
  return (
    <StaffPage view={view} title={title}>
      <header>
        <nav aria-label={staffWords[speech.language].layout.menu}>
          <a class="brand" href={staffHome}>
            <img src={assets.icon.path} alt="" width="28" height="28" />
            {site.name}
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
        </nav>
      </header>
      <main id="isi">{children}</main>
    </StaffPage>
  );
}
