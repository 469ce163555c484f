import { Tokenizer } from 'htmlparser2';
import { limits } from './limits.ts';

/** Lines of their own in the text of an HTML mail: from here to the other one, or to the end, is history. */
export const historyBegins = '\ue0f0';
export const historyEnds = '\ue0f1';

const spaced = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'ul',
  'ol',
  'dl',
  'blockquote',
  'table',
  'pre',
  'hr',
]);
const blocks = new Set(
  'div li tr section article header footer address center form dt dd fieldset legend main nav aside figure figcaption caption thead tbody tfoot option select body html details summary'.split(
    ' ',
  ),
);
const unread = new Set([
  'script',
  'style',
  'title',
  'template',
  'iframe',
  'object',
  'svg',
  'noembed',
  'noframes',
]);
const kept = new Set(['href', 'alt', 'class', 'id', 'style', 'type', 'border']);
const wraps = new Set(['blockquote', 'div', 'span']);

/**
 * Text of an HTML mail, with `> ` before what blockquotes cite. Reads tokens, not a tree, so that neither depth nor size
 * nor broken nesting can exhaust it, and no closing tag is needed.
 */
export function htmlToText(html: string): string {
  const out = createLines();
  let name = '';
  let attribute = '';
  let attributes: Record<string, string> = {};
  let skipping = '';
  let pre = 0;
  let links: { href: string; from: number }[] = [];
  let lists: { ordered: boolean; count: number }[] = [];
  let quotes: boolean[] = [];
  let history: { readonly tag: string; open: number } | null = null;

  const append = (value: string) => {
    if (kept.has(attribute)) attributes[attribute] = ((attributes[attribute] ?? '') + value).slice(0, 4_000);
  };

  const open = (closedAtOnce: boolean) => {
    if (skipping !== '') return;
    if (unread.has(name)) {
      if (!closedAtOnce || name === 'script' || name === 'style') skipping = name;
      return;
    }
    const { class: classes = '', id = '', style = '' } = attributes;
    const mark = wraps.has(name) || name === 'hr' ? findMark(classes, id, style) : null;
    if (history === null && mark !== null) {
      out.marker(historyBegins);
      history = { tag: name, open: mark === 'rest' ? Number.POSITIVE_INFINITY : 0 };
    }
    if (history?.tag === name) history.open += 1;
    if (name === 'br') out.line();
    else if (spaced.has(name)) out.gap();
    else if (blocks.has(name)) out.line();
    else if (name === 'td' || name === 'th') out.space();
    else if (name === 'img') out.aside(attributes['alt'] ?? '');
    else if (name === 'a') {
      const href = attributes['href']?.trim() ?? '';
      if (links.length < 100) links.push({ href, from: out.mark() });
    }
    if (name === 'pre' || name === 'xmp' || name === 'plaintext') pre += 1;
    if (name === 'ul' || name === 'ol') lists.push({ ordered: name === 'ol', count: 0 });
    if (name === 'li') {
      const list = lists.at(-1);
      if (list !== undefined) list.count += 1;
      out.bullet(list?.ordered === true ? `${list.count}. ` : '- ');
    }
    if (name === 'blockquote') {
      // the way to indent in Gmail and others
      const cites = attributes['type'] === 'cite' || !/border(?:-left)?\s*:\s*(?:none|0)/i.test(style);
      if (quotes.length < 1_000) quotes.push(cites);
      out.quoteDepth(quotes.filter(Boolean).length);
    }
  };

  const close = () => {
    if (skipping !== '') {
      if (name === skipping) skipping = '';
      return;
    }
    if (name === 'blockquote') {
      out.gap();
      quotes.pop();
      out.quoteDepth(quotes.filter(Boolean).length);
    } else if (spaced.has(name)) out.gap();
    else if (blocks.has(name)) out.line();
    else if (name === 'td' || name === 'th') out.space();
    else if (name === 'a') {
      const link = links.pop();
      if (link !== undefined) out.link(link.href, link.from);
    }
    if (pre > 0 && (name === 'pre' || name === 'xmp')) pre -= 1;
    if (name === 'ul' || name === 'ol') lists.pop();
    if (history?.tag === name) {
      history.open -= 1;
      if (history.open <= 0) {
        out.marker(historyEnds);
        history = null;
      }
    }
    if (name === 'body' || name === 'html') {
      links = [];
      lists = [];
      quotes = [];
      out.quoteDepth(0);
    }
  };

  const text = (value: string) => {
    if (skipping === '') out.text(value, pre > 0);
  };

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => text(html.slice(start, end)),
      ontextentity: (code) => text(String.fromCodePoint(code)),
      onopentagname: (start, end) => {
        name = html.slice(start, Math.min(end, start + 40)).toLowerCase();
        attributes = {};
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, Math.min(end, start + 40)).toLowerCase();
      },
      onattribdata: (start, end) => append(html.slice(start, Math.min(end, start + 4_000))),
      onattribentity: (code) => append(String.fromCodePoint(code)),
      onattribend: () => {},
      onopentagend: () => open(false),
      onselfclosingtag: () => open(true),
      onclosetag: (start, end) => {
        name = html
          .slice(start, Math.min(end, start + 40))
          .trim()
          .toLowerCase();
        close();
      },
      oncdata: (start, end, offset) => text(html.slice(start, end - offset)),
      oncomment: () => {},
      ondeclaration: () => {},
      onprocessinginstruction: () => {},
      onend: () => {},
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  const found = out.end();
  // swallowed by a comment or a script that never ends
  if (!/[\p{L}\p{N}]/u.test(found)) return stripTags(html);
  return found;
}

/** Whether history begins with an element: what is in it (`inside`), or what follows, too (`rest`). */
function findMark(classes: string, id: string, style: string): 'inside' | 'rest' | null {
  if (
    /(?:^|\s)(?:gmail_quote(?:_container)?|yahoo_quoted|zmail_extra|protonmail_quote|tutanota_quote|yahoo-quoted-begin)(?:\s|$)/.test(
      classes,
    )
  ) {
    return 'inside';
  }
  if (
    /^(?:isForwardContent|OLK_SRC_BODY_SECTION|yiv\d+yqt\d+|mail-editor-reference-message-container)$/.test(
      id,
    )
  )
    return 'inside';
  if (/OutlookMessageHeader/.test(classes)) return 'rest';
  if (/^(?:x_)*(?:divRplyFwdMsg|appendonsend|stopSpelling|reply-intro|replySplit)$/.test(id)) return 'rest';
  return /border-top:\s*(?:solid\s+)?#(?:E1E1E1|B5C4DF)/i.test(style.replace(/\s+/g, ' ')) ? 'rest' : null;
}

/** Puts lines together: blanks collapse, gaps are one empty line, citations have their `>`. */
function createLines() {
  const lines: string[] = [];
  let current: string[] = [];
  let empty = true;
  let pendingSpace = false;
  let prefix = '';
  let length = 0;

  const isFull = () => length > limits.text;

  const push = (value: string) => {
    if (value === '') return;
    if (pendingSpace && !empty) current.push(' ');
    pendingSpace = false;
    current.push(value);
    length += value.length + 1;
    empty = false;
  };

  const space = () => {
    pendingSpace = true;
  };

  const line = (asIs = false) => {
    if (empty && !asIs) return;
    lines.push(prefix + current.join(''));
    current = [];
    empty = true;
    pendingSpace = false;
  };

  const gap = () => {
    line();
    if ((lines.at(-1) ?? '').replace(/[>\s]/g, '') !== '') lines.push(prefix.trimEnd());
  };

  const preformatted = (value: string) => {
    const [first = '', ...others] = value.split(/\r\n|\r|\n/);
    push(first);
    for (const other of others) {
      line(true);
      push(other);
    }
  };

  return {
    space,
    line: () => line(),
    gap,
    text: (value: string, asIs: boolean) => {
      if (isFull()) return;
      if (asIs) {
        preformatted(value);
        return;
      }
      const collapsed = value.replace(/[\s\u00a0]+/g, ' ');
      if (collapsed.startsWith(' ')) space();
      push(collapsed.trim());
      if (collapsed.endsWith(' ')) space();
    },
    /** Something that stands for a picture. */
    aside: (value: string) => {
      const text = value.replace(/\s+/g, ' ').trim();
      if (!/[\p{L}\p{N}]/u.test(text) || isFull()) return;
      space();
      push(`[${text}]`);
      space();
    },
    bullet: (value: string) => {
      push(value.trimEnd());
      space();
    },
    mark: () => current.length,
    /** The address of a link after its words, unless they say it. */
    link: (href: string, from: number) => {
      if (!/^(?:https?|ftp|mailto|tel|geo):/i.test(href) || isFull()) return;
      const words = current.slice(from).join('');
      const said = toBareLink(words);
      const meant = toBareLink(href);
      if (words !== '' && meant.includes(said) && said.length >= meant.length - 2) return;
      if (words !== '') space();
      push(`<${href.replace(/\s+/g, '').slice(0, 2_000)}>`);
    },
    marker: (value: string) => {
      line();
      lines.push(value);
    },
    quoteDepth: (depth: number) => {
      line();
      prefix = depth === 0 ? '' : `${'>'.repeat(Math.min(depth, 10))} `;
    },
    end: () => {
      line();
      return lines
        .join('\n')
        .replace(/\n{3,}/g, '\n\n')
        .trim();
    },
  };
}

const toBareLink = (value: string) =>
  value
    .toLowerCase()
    .replace(/^(?:https?:\/\/|mailto:|tel:)(?:www\.)?|\/$/g, '')
    .replace(/\s/g, '');

function stripTags(html: string): string {
  const text = html
    .slice(0, limits.text)
    .replace(/<style\b[^>]{0,500}>[^<]*/gi, ' ')
    .replace(/<[^<>]*>?/g, ' ')
    .replace(/[\s\u00a0]+/g, ' ')
    .trim();
  return /[\p{L}\p{N}]/u.test(text) ? text : '';
}
