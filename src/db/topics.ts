import type { Topic, Word } from '../domain/routing/directory.ts';
import type { Keyword } from '../domain/routing/topic-lexicon.ts';
import type { Db } from './pool.ts';

export async function upsertTopics(db: Db, topics: readonly Topic[]): Promise<void> {
  await db.query(
    `insert into topics (code, name, parent_code, central_agency_code, local_office, handled_by, active)
    select code, name, "parentCode", "centralAgencyCode", "localOffice", "handledBy", active
    from jsonb_to_recordset($1) as topic (code text, name text, "parentCode" text, "centralAgencyCode" text,
      "localOffice" text, "handledBy" text, active bool)
    on conflict (code) do update set
      name = excluded.name, parent_code = excluded.parent_code, local_office = excluded.local_office,
      central_agency_code = excluded.central_agency_code, handled_by = excluded.handled_by, active = excluded.active`,
    [JSON.stringify(topics)],
  );
}

/** A topic that is no more stays for the reports that have it, and is offered no longer. */
export async function deactivateOtherTopics(db: Db, codes: readonly string[]): Promise<void> {
  await db.query('update topics set active = false where active and not (code = any ($1::text[]))', [codes]);
}

export async function deleteKeywords(db: Db): Promise<void> {
  await db.query('delete from topic_keywords');
}

export async function insertKeywords(db: Db, keywords: readonly Keyword[]): Promise<void> {
  await db.query(
    `insert into topic_keywords (keyword, topic_code, weight, handled_by)
    select keyword, topic_code, weight, handled_by
    from unnest($1::text[], $2::text[], $3::real[], $4::text[]) as keyword (keyword, topic_code, weight, handled_by)`,
    [
      keywords.map(({ keyword }) => keyword),
      keywords.map(({ topicCode }) => topicCode),
      keywords.map(({ weight }) => weight),
      keywords.map(({ handledBy }) => handledBy),
    ],
  );
}

export async function deleteWords(db: Db): Promise<void> {
  await db.query('delete from words');
}

export async function insertWords(db: Db, words: readonly Word[]): Promise<void> {
  await db.query(
    `insert into words (written, meant)
    select written, meant from unnest($1::text[], $2::text[]) as word (written, meant)`,
    [words.map(({ written }) => written), words.map(({ meant }) => meant)],
  );
}
