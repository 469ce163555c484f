import type { Child } from 'hono/jsx';
import type { Speech } from '../messages/speech.ts';
import type { Asset, Assets } from './assets.ts';

/** What every page needs to know of the request it answers. */
export type View = {
  readonly speech: Speech;
  readonly assets: Assets;
  /** Relative link to the same page in the other language. */
  readonly otherLanguageHref: string;
};

type LayoutProps = {
  readonly view: View;
  readonly title: string;
  readonly children: Child;
  /** Id of a form on the page: the language is then switched by sending it, so that nothing typed is lost. */
  readonly languageForm?: string;
  /** Loads the page again, where there is no JavaScript to do better. */
  readonly refreshSeconds?: number | undefined;
  /** Modules that make the page more comfortable; the first starts the others. */
  readonly scripts?: readonly Asset[];
};

/** The dress of every page: head, header, footer. */
export function Layout({ view, title, children, languageForm, refreshSeconds, scripts = [] }: LayoutProps) {
  const { speech, assets } = view;
  const { site } = speech.words;
  const other = speech.language === 'id' ? 'en' : 'id';
  return (
    <html lang={speech.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#0b4f4a" />
        {refreshSeconds !== undefined && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshSeconds)} />
          </noscript>
        )}
        <title>{`${title} – ${site.name}`}</title>
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
      <body>
        <a class="skip" href="#isi">
          {site.skip}
        </a>
        {/* Enter in a field presses the first submit button in the page: this one, not the language's. */}
        {languageForm !== undefined && (
          // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nobody can come upon it, it is out of the tab order
          <button class="hidden" type="submit" form={languageForm} tabindex={-1} aria-hidden="true" />
        )}
        <header>
          <nav aria-label={site.menu}>
            <a class="brand" href="/">
              <img src={assets.icon.path} alt="" width="28" height="28" />
              {site.name}
            </a>
            <a href="/lapor">{site.report}</a>
            <a href="/lacak">{site.track}</a>
            {languageForm === undefined ? (
              <a
                class="language"
                href={view.otherLanguageHref}
                lang={other}
                hreflang={other}
                aria-label={site.otherLanguageName}
              >
                {site.otherLanguage}
              </a>
            ) : (
              <button
                class="language"
                type="submit"
                form={languageForm}
                formaction={view.otherLanguageHref}
                lang={other}
                aria-label={site.otherLanguageName}
              >
                {site.otherLanguage}
              </button>
            )}
          </nav>
        </header>
        <main id="isi">{children}</main>
        <footer>
          <p>
            <strong>{site.emergency}</strong>
          </p>
          <p>
            {site.unofficial} <a href="/docs">{site.api}</a> <a href="/petugas/masuk">{site.staff}</a>
          </p>
        </footer>
      </body>
    </html>
  );
}
