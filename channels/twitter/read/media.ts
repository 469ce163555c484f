import type { MediaVersion, PostMedia } from '../../../src/domain/post.ts';
import { normalizeLine } from '../../../src/domain/report.ts';
import { type GivenPost, type Includes, listMedia, listVariants, type Media } from './payload.ts';

/** X allows four. */
const most = 20;
const altTextLength = 1_000;

/** Photos, videos and GIFs of a post, in their order. */
export function readMedia(post: GivenPost, includes: Includes): readonly PostMedia[] {
  const byKey = new Map(listMedia(includes).map((media) => [media.media_key, media]));
  return [...new Set(post.mediaKeys)]
    .flatMap((key) => byKey.get(key) ?? [])
    .flatMap(toPostMedia)
    .slice(0, most);
}

function toPostMedia(media: Media): readonly PostMedia[] {
  const altText =
    typeof media.alt_text === 'string' ? normalizeLine(media.alt_text.slice(0, altTextLength)) : null;
  const [best, ...others] = listVideos(media);
  if (best !== undefined) {
    return [{ kind: media.type === 'animated_gif' ? 'gif' : 'video', versions: [best, ...others], altText }];
  }
  // Of a video of which there is nothing else to be had its first picture says more than nothing.
  const photo = webUrl(media.url) ?? webUrl(media.preview_image_url);
  return photo === null ? [] : [{ kind: 'photo', versions: [{ url: inFullSize(photo), bytes: 0 }], altText }];
}

/** The best one first. */
function listVideos(media: Media): readonly MediaVersion[] {
  const seconds = typeof media.duration_ms === 'number' ? media.duration_ms / 1_000 : 0;
  return listVariants(media)
    .flatMap(({ url, bit_rate: rate }) => {
      const usable = webUrl(url);
      return usable === null ? [] : [{ url: usable, rate: typeof rate === 'number' ? rate : 0 }];
    })
    .sort((a, b) => b.rate - a.rate)
    .map(({ url, rate }) => ({ url, bytes: Math.round((rate / 8) * seconds) }));
}

/**
 * Photos come in medium size where none is asked for
 * (docs.x.com/x-api/enterprise-gnip-2.0/fundamentals/data-dictionary, "photo media URL").
 */
function inFullSize(photo: string): string {
  const url = new URL(photo);
  const [, base, format] = /^(\/media\/[\w-]+)\.(jpg|png)$/.exec(url.pathname) ?? [];
  if (url.hostname !== 'pbs.twimg.com' || base === undefined) return photo;
  return `${url.origin}${base}?format=${format}&name=large`;
}

function webUrl(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 2_000 || !URL.canParse(value)) return null;
  const { protocol, href } = new URL(value);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}
