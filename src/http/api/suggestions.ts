import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Context } from '../../context.ts';
import { listEarlierReports } from '../../db/alike-reports.ts';
import { findProgressByTrackingId } from '../../db/progress.ts';
import { PublicView, publicView } from '../../domain/audiences/public.ts';
import { findAlike, relatedTopics, type Told } from '../../domain/duplicates/alike.ts';
import { limits, normalizeLine, normalizeText } from '../../domain/report.ts';
import { type Directory, findTopic, isLoaded } from '../../domain/routing/directory.ts';
import type { Gazetteer } from '../../domain/routing/gazetteer.ts';
import { routeReport } from '../../domain/routing/route-report.ts';
import { type AreaSearch, createAreaSearch } from '../../domain/routing/search-areas.ts';
import { validate } from '../../domain/validate.ts';
import { AppError } from '../../errors.ts';
import { Problem } from '../problems.ts';

const Line = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

const Draft = Type.Object(
  {
    title: Line(limits.title),
    text: Type.String({ maxLength: limits.text }),
    place: Type.Optional(
      Type.Object({
        text: Line(limits.placeText),
        lat: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
        lon: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
      }),
    ),
  },
  { title: 'Draft', description: 'A report as far as it is written' },
);
const draftValidator = Compile(Draft);

const Named = Type.Object({ code: Type.String(), name: Type.String() });

const Suggestions = Type.Object(
  {
    topic: Type.Union([Named, Type.Null()], { description: 'What it seems to be about' }),
    agency: Type.Union(
      [
        Type.Object({ ...Named.properties, reason: Type.String({ description: 'Why, in Indonesian' }) }),
        Type.Null(),
      ],
      { description: 'Who would get it; null where that cannot be told yet' },
    ),
    reports: Type.Array(
      Type.Object({
        ...PublicView.properties,
        reports: Type.Integer({ description: 'How many reports tell of this event' }),
      }),
      { description: 'Recent reports near by that may be about the same event' },
    ),
  },
  { title: 'Suggestions' },
);

const AreaQuery = Type.Object(
  {
    q: Type.String({
      maxLength: 200,
      description: 'The beginning of a name, and of names of what it lies in',
    }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 8 })),
  },
  { title: 'AreaQuery' },
);
const areaValidator = Compile(AreaQuery);

/** Enough to know what a text is about; the rest of a long one is not looked at. */
const readChars = 3_000;
/** What is looked through in one request. */
const maxEarlier = 100;
const shown = 3;

/**
 * Help for somebody who is writing a report. What they write is posted and not part of an address, because addresses are
 * kept in logs and histories; nothing of it is stored. What is shown of others is what the public may read.
 */
export function registerSuggestions(
  app: FastifyInstance,
  context: Pick<Context, 'config' | 'db' | 'directory' | 'clock'>,
): void {
  app.post('/v1/suggestions', {
    // as for reports: the validators name every field in words
    validatorCompiler: () => () => true,
    schema: {
      summary: 'What the gateway makes of a report so far: topic, agency, reports alike near by',
      tags: ['directory'],
      body: Draft,
      response: { 200: Suggestions, 400: Problem, 422: Problem, 429: Problem, 503: Problem },
    },
    handler: async (request, reply) => {
      const draft = validate<Type.Static<typeof Draft>>(draftValidator, readJson(request));
      return reply.header('cache-control', 'no-store').send(await suggest(context, toTold(draft)));
    },
  });

  // One for each directory: sorting the names takes a while.
  let search: { readonly gazetteer: Gazetteer; readonly find: AreaSearch } | null = null;
  app.post('/v1/areas/search', {
    validatorCompiler: () => () => true,
    schema: {
      summary: 'Search provinces, regencies, cities, districts and villages by name',
      description: 'By POST, because what somebody looks for may be where they live.',
      tags: ['directory'],
      body: AreaQuery,
      response: { 200: Type.Object({ areas: Type.Array(Named) }), 400: Problem, 422: Problem, 503: Problem },
    },
    handler: async (request) => {
      const { q, limit } = validate<Type.Static<typeof AreaQuery>>(areaValidator, readJson(request));
      const { gazetteer } = loaded(context);
      if (search?.gazetteer !== gazetteer) search = { gazetteer, find: createAreaSearch(gazetteer) };
      return { areas: search.find(q, limit ?? 8) };
    },
  });
}

async function suggest(
  context: Pick<Context, 'config' | 'db' | 'directory' | 'clock'>,
  told: Told,
): Promise<Type.Static<typeof Suggestions>> {
  const directory = loaded(context);
  const report = { ...told, channel: 'web', kind: 'complaint', topic: null, agency: null } as const;
  const route = routeReport(directory, report);
  const topic = route.topic === null ? null : findTopic(directory, route.topic);
  const agency = directory.agencies.get(route.agency);
  return {
    topic: topic && { code: topic.code, name: topic.name },
    agency:
      agency === undefined || agency.kind === 'national_desk'
        ? null
        : { code: agency.code, name: agency.name, reason: route.reason },
    reports: topic === null ? [] : await listAlike(context, directory, told, { ...route, topic: topic.code }),
  };
}

async function listAlike(
  { config, db, clock }: Pick<Context, 'config' | 'db' | 'clock'>,
  directory: Directory,
  told: Told,
  { agency, topic }: { readonly agency: ReturnType<typeof routeReport>['agency']; readonly topic: string },
): Promise<Type.Static<typeof Suggestions>['reports']> {
  const since = new Date(clock().getTime() - config.duplicateWindowDays * 86_400_000);
  const asked = { agency, topics: relatedTopics(directory, topic), since };
  const earlier = await listEarlierReports(db, asked, maxEarlier);
  const alike = findAlike(directory, told, earlier, shown);
  const views = await Promise.all(
    alike.map(async ({ trackingId, reports }) => {
      const record = await findProgressByTrackingId(db, trackingId);
      const view = record && publicView(record);
      return view && { ...view, reports };
    }),
  );
  return views.filter((view) => view !== null);
}

function toTold({ title, text, place }: Type.Static<typeof Draft>): Told {
  return {
    title: normalizeLine(title),
    text: normalizeText(text.slice(0, readChars)),
    place: {
      text: normalizeLine(place?.text),
      lat: place?.lat ?? null,
      lon: place?.lon ?? null,
      areaCode: null,
    },
  };
}

function readJson({ body }: FastifyRequest): unknown {
  try {
    return JSON.parse(String(body));
  } catch (cause) {
    throw new AppError('malformed', 'the body is not JSON', { cause });
  }
}

function loaded(context: Pick<Context, 'directory'>): Directory {
  const directory = context.directory();
  if (!isLoaded(directory)) throw new AppError('unavailable', 'the directory is not loaded yet');
  return directory;
}
