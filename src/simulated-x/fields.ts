import { presentEntities } from './entities.ts';
import type { Media } from './media.ts';
import type { Post, Posts } from './posts.ts';
import { invalidRequest, missing } from './problem.ts';
import type { User } from './users.ts';

/** What of posts, and of what they refer to, is asked for; nothing else is given. */
export type Wanted = {
  readonly post: ReadonlySet<string>;
  readonly user: ReadonlySet<string>;
  readonly media: ReadonlySet<string>;
  readonly place: ReadonlySet<string>;
  readonly expansions: ReadonlySet<string>;
};

const editMinutes = 30;
const mostEdits = 5;

const postFields: Readonly<Record<string, (post: Post) => unknown>> = {
  id: ({ id }) => id,
  text: ({ short }) => short.text,
  edit_history_tweet_ids: ({ versionIds }) => [...versionIds],
  article: () => undefined,
  attachments: ({ media }) =>
    media.length === 0 ? undefined : { media_keys: media.map(({ media_key }) => media_key) },
  author_id: ({ author }) => author.id,
  card_uri: () => undefined,
  community_id: () => undefined,
  context_annotations: () => undefined,
  conversation_id: ({ conversationId }) => conversationId,
  created_at: ({ createdAt }) => createdAt.toISOString(),
  display_text_range: ({ short }) => [0, Array.from(short.text).length],
  edit_controls: ({ createdAt, versionIds }) => ({
    edits_remaining: mostEdits - (versionIds.length - 1),
    is_edit_eligible: true,
    editable_until: new Date(createdAt.getTime() + editMinutes * 60_000).toISOString(),
  }),
  entities: ({ short }) => presentEntities(short.entities),
  geo: ({ place }) =>
    place === null
      ? undefined
      : {
          place_id: place.id,
          ...(place.coordinates && { coordinates: { type: 'Point', coordinates: place.coordinates } }),
        },
  in_reply_to_user_id: ({ repliedTo }) => repliedTo?.author.id,
  lang: ({ lang }) => lang,
  media_metadata: () => undefined,
  note_tweet: ({ long }) => {
    if (long === null) return undefined;
    const entities = presentEntities(long.entities);
    return { text: long.text, ...(entities && { entities }) };
  },
  possibly_sensitive: () => false,
  public_metrics: () => ({
    retweet_count: 0,
    reply_count: 0,
    like_count: 0,
    quote_count: 0,
    bookmark_count: 0,
    impression_count: 0,
  }),
  referenced_tweets: (post) => {
    const references = referencesOf(post).map(({ type, post: { id } }) => ({ type, id }));
    return references.length === 0 ? undefined : references;
  },
  reply_settings: () => 'everyone',
  scopes: () => undefined,
  source: () => 'Twitter Web App',
  suggested_source_links: () => undefined,
  withheld: () => undefined,
};

const userFields: Readonly<Record<string, (user: User) => unknown>> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  username: ({ username }) => username,
  created_at: ({ createdAt }) => createdAt.toISOString(),
  description: () => '',
  location: () => undefined,
  profile_image_url: () => undefined,
  protected: () => false,
  public_metrics: () => undefined,
  url: () => '',
  verified: () => false,
  verified_type: () => 'none',
};

const ofMedia = (name: keyof Media) => (media: Media) => media[name];
const mediaFields: Readonly<Record<string, (media: Media) => unknown>> = {
  media_key: ofMedia('media_key'),
  type: ofMedia('type'),
  url: ofMedia('url'),
  preview_image_url: ofMedia('preview_image_url'),
  duration_ms: ofMedia('duration_ms'),
  width: ofMedia('width'),
  height: ofMedia('height'),
  alt_text: ofMedia('alt_text'),
  variants: ofMedia('variants'),
  public_metrics: () => undefined,
};

type Place = NonNullable<Post['place']>;
const placeFields: Readonly<Record<string, (place: Place) => unknown>> = {
  id: ({ id }) => id,
  full_name: ({ fullName }) => fullName,
  name: ({ fullName }) => fullName.split(',')[0],
  country: () => 'Indonesia',
  country_code: () => 'ID',
  place_type: () => 'city',
  contained_within: () => undefined,
  geo: ({ bbox, coordinates }) => ({
    type: 'Feature',
    bbox: bbox ?? [...(coordinates ?? [0, 0]), ...(coordinates ?? [0, 0])],
    properties: {},
  }),
};

/** Each expansion needs a field that says what it expands: that is given with it. */
const expansions: Readonly<Record<string, string>> = {
  author_id: 'author_id',
  'referenced_tweets.id': 'referenced_tweets',
  'referenced_tweets.id.author_id': 'referenced_tweets',
  'referenced_tweets.id.attachments.media_keys': 'referenced_tweets',
  in_reply_to_user_id: 'in_reply_to_user_id',
  'attachments.media_keys': 'attachments',
  'geo.place_id': 'geo',
  'entities.mentions.username': 'entities',
  'entities.note.mentions.username': 'note_tweet',
  edit_history_tweet_ids: 'edit_history_tweet_ids',
};

/** Throws a `Problem` where something is asked for that does not exist, as X does. */
export function parseWanted(query: URLSearchParams): Wanted {
  const read = (name: string, known: object, always: readonly string[]): Set<string> => {
    const asked = (query.get(name) ?? '').split(',').filter((field) => field !== '');
    for (const field of asked) {
      if (Object.hasOwn(known, field)) continue;
      const all = Object.keys(known).join(',');
      throw invalidRequest(
        name,
        field,
        `The \`${name}\` query parameter value [${field}] is not one of [${all}]`,
      );
    }
    return new Set([...always, ...asked]);
  };
  const expanded = read('expansions', expansions, []);
  const needed = [...expanded].flatMap((expansion) => expansions[expansion] ?? []);
  return {
    post: read('tweet.fields', postFields, ['id', 'text', 'edit_history_tweet_ids', ...needed]),
    user: read('user.fields', userFields, ['id', 'name', 'username']),
    media: read('media.fields', mediaFields, ['media_key', 'type']),
    place: read('place.fields', placeFields, ['id', 'full_name']),
    expansions: expanded,
  };
}

export const presentUser = (user: User, { user: wanted }: Pick<Wanted, 'user'>) =>
  pick(userFields, user, wanted);

/** One post or several, with `includes` of what they refer to and `errors` about what of that is gone. */
export function presentPosts(posts: readonly Post[], wanted: Wanted, find: Posts['find']) {
  const present = (post: Post) => pick(postFields, post, wanted.post);
  const is = (name: string) => wanted.expansions.has(name);
  const references = posts.flatMap(referencesOf).map(({ post }) => post);
  const [there, gone] = [references.filter(({ id }) => find(id)), references.filter(({ id }) => !find(id))];
  const isReferenceAsked = [...wanted.expansions].some((name) => name.startsWith('referenced_tweets.id'));
  const users = [
    ...(is('author_id') ? posts.map(({ author }) => author) : []),
    ...(is('referenced_tweets.id.author_id') ? there.map(({ author }) => author) : []),
    ...(is('in_reply_to_user_id') ? posts.flatMap(({ repliedTo }) => repliedTo?.author ?? []) : []),
  ];
  const media = [
    ...(is('attachments.media_keys') ? posts.flatMap((post) => post.media) : []),
    ...(is('referenced_tweets.id.attachments.media_keys') ? there.flatMap((post) => post.media) : []),
  ];
  const versions = posts.flatMap(({ versionIds }) => versionIds.flatMap((id) => find(id) ?? []));
  const included = [...(isReferenceAsked ? there : []), ...(is('edit_history_tweet_ids') ? versions : [])];
  const places = is('geo.place_id') ? posts.flatMap(({ place }) => place ?? []) : [];
  const includes = {
    ...list(
      'users',
      unique(users, ({ id }) => id).map((user) => presentUser(user, wanted)),
    ),
    ...list('tweets', unique(included, ({ id }) => id).map(present)),
    ...list(
      'media',
      unique(media, ({ media_key }) => media_key).map((file) => pick(mediaFields, file, wanted.media)),
    ),
    ...list(
      'places',
      unique(places, ({ id }) => id).map((place) => pick(placeFields, place, wanted.place)),
    ),
  };
  const errors = isReferenceAsked
    ? unique(gone, ({ id }) => id).map(({ id }) => missing('tweet', 'referenced_tweets.id', id))
    : [];
  return {
    data: posts.map(present),
    ...(Object.keys(includes).length > 0 && { includes }),
    ...(errors.length > 0 && { errors }),
  };
}

function referencesOf({ repliedTo, quoted, retweeted }: Post) {
  const reference = (type: string, post: Post | null) => (post === null ? [] : [{ type, post }]);
  return [
    ...reference('retweeted', retweeted),
    ...reference('quoted', quoted),
    ...reference('replied_to', repliedTo),
  ];
}

const pick = <T>(fields: Readonly<Record<string, (of: T) => unknown>>, of: T, wanted: ReadonlySet<string>) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, read]) => {
      const value = wanted.has(name) ? read(of) : undefined;
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

const list = <T>(name: string, items: readonly T[]) => (items.length === 0 ? {} : { [name]: items });

const unique = <T>(items: readonly T[], keyOf: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [keyOf(item), item])).values(),
];
