export const languages = ['id', 'en'] as const;
export type Language = (typeof languages)[number];

export const languageCookie = 'lang';

type Request = {
  /** Path and query as requested. */
  readonly url: string;
  readonly headers: { readonly cookie?: string | undefined; readonly 'accept-language'?: string | undefined };
};

/** `?lang=` before the cookie before what the browser prefers; Indonesian where none of them says otherwise. */
export function chooseLanguage(request: Request): Language {
  return askedLanguage(request) ?? rememberedLanguage(request) ?? preferredLanguage(request) ?? 'id';
}

/** What `?lang=` asks for; null where it asks for nothing we speak. */
export function askedLanguage(request: Pick<Request, 'url'>): Language | null {
  const query = request.url.split('?', 2)[1] ?? '';
  return asLanguage(new URLSearchParams(query).get('lang'));
}

export function asLanguage(value: string | null | undefined): Language | null {
  return languages.find((language) => language === value) ?? null;
}

// Read without the cookie plugin, because error pages are rendered outside the scope that has it.
function rememberedLanguage({ headers }: Request): Language | null {
  return asLanguage(/(?:^|;\s*)lang=(\w+)/.exec(headers.cookie ?? '')?.[1]);
}

/** RFC 9110, 12.5.4: the first of ours in order of weight. */
function preferredLanguage({ headers }: Request): Language | null {
  const ranges = (headers['accept-language'] ?? '').split(',').map((range) => {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const quality = parameters.map((parameter) => /^\s*q=([\d.]+)$/.exec(parameter)?.[1]).find(Boolean);
    return { language: asLanguage(tag.split('-')[0]), weight: Number(quality ?? 1) };
  });
  const preferred = ranges.toSorted((a, b) => b.weight - a.weight).find((range) => range.language !== null);
  return preferred !== undefined && preferred.weight > 0 ? preferred.language : null;
}
