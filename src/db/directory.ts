import {
  type Agency,
  buildDirectory,
  type Directory,
  type Topic,
  type Word,
} from '../domain/routing/directory.ts';
import type { Keyword } from '../domain/routing/topic-lexicon.ts';
import type { Db } from './pool.ts';

/** Moves on with every import, so whoever holds an older directory knows to load it again. */
export async function findDirectoryVersion(db: Db): Promise<string> {
  const { rows } = await db.query<{ version: string }>('select version from directory_version');
  return rows[0]?.version ?? '0';
}

/** The directory at one moment: it is one statement, so no import is seen half done. */
export async function loadDirectory(db: Db): Promise<Directory> {
  const { rows } = await db.query<DirectoryRow>(
    `select
      (select version::text from directory_version) as version,
      (select json_agg(json_build_object('code', code, 'name', name, 'kind', kind, 'parentCode', parent_code,
          'timeZone', time_zone, 'areaCode', area_code, 'aliases', aliases, 'active', active) order by code)
        from agencies) as agencies,
      (select json_agg(json_build_object('code', code, 'name', name, 'parentCode', parent_code,
          'centralAgencyCode', central_agency_code, 'localOffice', local_office, 'handledBy', handled_by,
          'active', active) order by code)
        from topics) as topics,
      (select json_agg(json_build_object('keyword', keyword, 'topicCode', topic_code, 'weight', weight,
          'handledBy', handled_by) order by keyword, topic_code)
        from topic_keywords) as keywords,
      (select json_agg(json_build_object('written', written, 'meant', meant) order by written) from words) as words,
      (select string_agg(code || E'\\t' || name, E'\\n' order by code collate "C") from areas) as areas`,
  );
  const [row] = rows;
  return buildDirectory({
    version: row?.version ?? '0',
    agencies: row?.agencies ?? [],
    topics: row?.topics ?? [],
    keywords: row?.keywords ?? [],
    words: row?.words ?? [],
    areas: row?.areas ?? '',
  });
}

/** Null where a table is empty. */
type DirectoryRow = {
  readonly version: string;
  readonly agencies: readonly Agency[] | null;
  readonly topics: readonly Topic[] | null;
  readonly keywords: readonly Keyword[] | null;
  readonly words: readonly Word[] | null;
  readonly areas: string | null;
};

/** Of the seed imported last; null before the first. */
export async function findSeedHash(db: Db): Promise<string | null> {
  const { rows } = await db.query<{ seed_hash: string | null }>('select seed_hash from directory_version');
  return rows[0]?.seed_hash ?? null;
}

/** Makes every other import wait until this transaction ends. */
export async function lockDirectory(db: Db): Promise<void> {
  await db.query('select from directory_version for update');
}

export async function bumpDirectoryVersion(db: Db): Promise<void> {
  await db.query('update directory_version set version = version + 1');
}

export async function recordSeedHash(db: Db, hash: string): Promise<void> {
  await db.query('update directory_version set seed_hash = $1', [hash]);
}
