/**
 * What every request for posts asks for; no less, because asking again costs again. No more either: each resource in an
 * answer may be billed, those in `includes` among them (docs.x.com/x-api/getting-started/pricing: "per resource returned
 * in the response"). So only authors are expanded: who is mentioned or quoted stands in the entities of the post itself.
 */
export const postFields = {
  'tweet.fields': [
    'attachments',
    'author_id',
    'conversation_id',
    'created_at',
    'edit_history_tweet_ids',
    'entities',
    'geo',
    'in_reply_to_user_id',
    'lang',
    'note_tweet',
    'referenced_tweets',
  ].join(),
  expansions: ['author_id', 'referenced_tweets.id', 'attachments.media_keys', 'geo.place_id'].join(),
  'media.fields': ['alt_text', 'duration_ms', 'preview_image_url', 'type', 'url', 'variants'].join(),
  'user.fields': ['name', 'username'].join(),
  'place.fields': ['full_name', 'geo'].join(),
} as const;
