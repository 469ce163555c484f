import type { ServerResponse } from 'node:http';
import { notThere } from './problem.ts';

export type MediaDraft = {
  readonly kind: 'photo' | 'video' | 'gif';
  readonly bytes: Buffer;
  /** `image/jpeg` for a photo, `video/mp4` for the others. */
  readonly contentType?: string;
  readonly altText?: string;
};

/** As the API names its fields; bytes are served under the addresses. */
export type Media = {
  readonly media_key: string;
  readonly type: 'photo' | 'video' | 'animated_gif';
  readonly width: number;
  readonly height: number;
  readonly url?: string;
  readonly preview_image_url?: string;
  readonly duration_ms?: number;
  readonly alt_text?: string;
  readonly variants?: readonly {
    readonly content_type: string;
    readonly url: string;
    readonly bit_rate?: number;
  }[];
};

export type MediaFiles = ReturnType<typeof createMediaFiles>;

/** Photos and videos, and where they are fetched from. A video has the variants that X gives: a playlist, and files of several sizes. */
export function createMediaFiles(address: () => string) {
  const files = new Map<string, { readonly bytes: Buffer; readonly contentType: string }>();

  function keep(name: string, bytes: Buffer, contentType: string): string {
    files.set(`/media/${name}`, { bytes, contentType });
    return `${address()}/media/${name}`;
  }

  function add(key: string, { kind, bytes, contentType, altText }: MediaDraft): Media {
    const common = {
      media_key: `${kind === 'photo' ? 3 : kind === 'video' ? 7 : 16}_${key}`,
      width: 1280,
      height: 720,
      ...(altText === undefined ? {} : { alt_text: altText }),
    };
    if (kind === 'photo') {
      const format = contentType === 'image/png' ? 'png' : 'jpg';
      return {
        ...common,
        type: 'photo',
        url: keep(`${key}.${format}`, bytes, contentType ?? 'image/jpeg'),
      };
    }
    const rate = (bit_rate: number) => ({
      bit_rate,
      content_type: 'video/mp4',
      url: keep(`${key}-${bit_rate}.mp4`, bytes, contentType ?? 'video/mp4'),
    });
    const preview_image_url = keep(`${key}-preview.jpg`, Buffer.alloc(0), 'image/jpeg');
    if (kind === 'gif') return { ...common, type: 'animated_gif', preview_image_url, variants: [rate(0)] };
    const playlist = keep(`${key}.m3u8`, Buffer.from('#EXTM3U\n'), 'application/x-mpegURL');
    return {
      ...common,
      type: 'video',
      preview_image_url,
      duration_ms: 12_000,
      variants: [
        { content_type: 'application/x-mpegURL', url: playlist },
        rate(256_000),
        rate(832_000),
        rate(2_176_000),
      ],
    };
  }

  /** X has a photo under two addresses: `KEY.jpg`, and `KEY?format=jpg` with the `name` of a size. */
  function serve(path: string, query: URLSearchParams, response: ServerResponse): void {
    const file = files.get(query.has('format') ? `${path}.${query.get('format')}` : path);
    if (file === undefined) throw notThere();
    response.writeHead(200, { 'content-type': file.contentType, 'content-length': file.bytes.length });
    response.end(file.bytes);
  }

  return { add, serve };
}
