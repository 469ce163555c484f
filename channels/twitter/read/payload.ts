import { Type } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

/** One post as X gave it, with those things it refers to. Nothing but the id of `data` is sure to be there. */
export type Payload = {
  readonly data: Readonly<Record<string, unknown>> & { readonly id: string };
  readonly includes: Includes;
};

/** Lists by kind, as X calls them: `users`, `tweets`, `media`, `places`. */
export type Includes = Readonly<Record<string, readonly unknown[]>>;

/** What of a post fits what X documents; what does not fit is as if it were not there. */
export type GivenPost = {
  readonly id: string;
  readonly text: string;
  readonly authorId: string | null;
  readonly conversationId: string | null;
  readonly createdAt: string | null;
  readonly language: string | null;
  readonly inReplyToUserId: string | null;
  readonly versionIds: readonly string[];
  readonly references: readonly Reference[];
  readonly mediaKeys: readonly string[];
  readonly placeId: string | null;
  /** Longitude first. */
  readonly point: readonly number[] | null;
  readonly hashtags: readonly string[];
  readonly mentions: readonly Mention[];
  readonly links: readonly Link[];
};

const id = Type.String({ pattern: '^\\d{1,19}$' });
const Reference = Type.Object({
  type: Type.Enum(['retweeted', 'quoted', 'replied_to']),
  id,
});
export type Reference = Type.Static<typeof Reference>;
const Mention = Type.Object({
  username: Type.String({ pattern: '^\\w{1,50}$' }),
  id: Type.Optional(Type.Unknown()),
});
export type Mention = { readonly username: string; readonly id?: unknown };
const Link = Type.Object({ url: Type.String({ pattern: '^https?://t\\.co/\\w{1,50}$' }) });
export type Link = {
  readonly url: string;
  readonly expanded_url?: unknown;
  readonly unwound_url?: unknown;
  readonly media_key?: unknown;
};
const User = Type.Object({
  id,
  username: Type.Optional(Type.Unknown()),
  name: Type.Optional(Type.Unknown()),
});
const Variant = Type.Object({
  url: Type.String(),
  content_type: Type.Literal('video/mp4'),
  bit_rate: Type.Optional(Type.Unknown()),
});
export type Variant = { readonly url: string; readonly bit_rate?: unknown };
const Media = Type.Object({ media_key: Type.String(), type: Type.String() });
export type Media = {
  readonly media_key: string;
  readonly type: string;
  readonly url?: unknown;
  readonly preview_image_url?: unknown;
  readonly alt_text?: unknown;
  readonly duration_ms?: unknown;
  readonly variants?: unknown;
};
const Place = Type.Object({ id: Type.String(), full_name: Type.String() });
export type Place = { readonly id: string; readonly full_name: string; readonly geo?: unknown };

const fits = {
  id: Compile(id),
  string: Compile(Type.String()),
  numbers: Compile(Type.Array(Type.Number(), { minItems: 2, maxItems: 4 })),
  object: Compile(Type.Object({ id })),
  reference: Compile(Reference),
  hashtag: Compile(Type.Object({ tag: Type.String({ minLength: 1, maxLength: 300 }) })),
  mention: Compile(Mention),
  link: Compile(Link),
  user: Compile(User),
  variant: Compile(Variant),
  media: Compile(Media),
  place: Compile(Place),
};

/** More of one kind than any post has are not looked at. */
const most = 200;

const is = <T>(validator: Validator, value: unknown): value is T => validator.Check(value);

const listOf = <T>(validator: Validator, value: unknown): readonly T[] =>
  Array.isArray(value) ? value.slice(0, most).filter((each): each is T => is<T>(validator, each)) : [];

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const stringOf = (value: unknown): string | null => (is<string>(fits.string, value) ? value : null);
const idOf = (value: unknown): string | null => (is<string>(fits.id, value) ? value : null);

export const isPost = (value: unknown): value is Payload['data'] => is(fits.object, value);

/**
 * X is renaming tweets to posts: its description of the API of August 2026 has names that its pages do not have yet, and
 * no answer says which ones it uses. Both are read.
 */
const namesOf = {
  versions: ['edit_history_tweet_ids', 'edit_history_post_ids'],
  references: ['referenced_tweets', 'referenced_posts'],
  note: ['note_tweet', 'note_post'],
  posts: ['tweets', 'posts'],
} as const;

const namedOf = (value: unknown, names: readonly string[]): unknown =>
  names.map((name) => fieldOf(value, name)).find((found) => found !== undefined && found !== null);

export function readGiven(data: Payload['data']): GivenPost {
  const note = namedOf(data, namesOf.note);
  const entities = [fieldOf(note, 'entities'), fieldOf(data, 'entities')];
  const entitiesOf = <T>(kind: string, validator: Validator) =>
    entities.flatMap((each) => listOf<T>(validator, fieldOf(each, kind)));
  const geo = fieldOf(data, 'geo');
  const point = fieldOf(fieldOf(geo, 'coordinates'), 'coordinates');
  return {
    id: data.id,
    text: stringOf(fieldOf(note, 'text')) ?? stringOf(fieldOf(data, 'text')) ?? '',
    authorId: idOf(fieldOf(data, 'author_id')),
    conversationId: idOf(fieldOf(data, 'conversation_id')),
    createdAt: stringOf(fieldOf(data, 'created_at')),
    language: stringOf(fieldOf(data, 'lang')),
    inReplyToUserId: idOf(fieldOf(data, 'in_reply_to_user_id')),
    versionIds: listOf<string>(fits.id, namedOf(data, namesOf.versions)),
    references: listOf<Reference>(fits.reference, namedOf(data, namesOf.references)),
    mediaKeys: listOf<string>(fits.string, fieldOf(fieldOf(data, 'attachments'), 'media_keys')),
    placeId: stringOf(fieldOf(geo, 'place_id')),
    point: is<readonly number[]>(fits.numbers, point) ? point : null,
    hashtags: entitiesOf<{ readonly tag: string }>('hashtags', fits.hashtag).map(({ tag }) => tag),
    mentions: entitiesOf<Mention>('mentions', fits.mention),
    links: entitiesOf<Link>('urls', fits.link),
  };
}

/** The post of that id among those that a post refers to. */
export const findIncludedPost = (includes: Includes, wanted: string): Payload['data'] | null =>
  listPosts(includes).find((post) => post.id === wanted) ?? null;

export const listPosts = (includes: Includes): readonly Payload['data'][] =>
  listOf<Payload['data']>(fits.object, namedOf(includes, namesOf.posts));

export function findUser(includes: Includes, wanted: string | null) {
  const user = listOf<Type.Static<typeof User>>(fits.user, fieldOf(includes, 'users')).find(
    ({ id }) => id === wanted,
  );
  return { name: stringOf(user?.name), handle: handleOf(user?.username) };
}

const handleOf = (value: unknown): string | null =>
  typeof value === 'string' && /^\w{1,50}$/.test(value) ? value : null;

export const listMedia = (includes: Includes): readonly Media[] =>
  listOf<Media>(fits.media, fieldOf(includes, 'media'));

export const listVariants = (media: Media): readonly Variant[] =>
  listOf<Variant>(fits.variant, media.variants);

export const findPlace = (includes: Includes, wanted: string): Place | null =>
  listOf<Place>(fits.place, fieldOf(includes, 'places')).find(({ id }) => id === wanted) ?? null;

/** West, south, east, north; null where the place has none. */
export function boxOf(place: Place): readonly number[] | null {
  const box = fieldOf(place.geo, 'bbox');
  return is<readonly number[]>(fits.numbers, box) && box.length === 4 ? box : null;
}
