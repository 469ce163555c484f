import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { type Directory, isLoaded, listTopics, searchAgencies } from '../../domain/routing/directory.ts';
import { AppError } from '../../errors.ts';

const AgencyBody = Type.Object(
  {
    code: Type.String(),
    name: Type.String(),
    kind: Type.String(),
    parent: Type.Union([Type.String(), Type.Null()]),
    areaCode: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'Agency' },
);

const TopicBody = Type.Object(
  { code: Type.String(), name: Type.String(), parent: Type.Union([Type.String(), Type.Null()]) },
  { title: 'Topic' },
);

/** The codes a report may name: agencies by search, topics as a whole. */
export function registerDirectory(app: FastifyInstance, context: Pick<Context, 'directory'>): void {
  app.get<{ Querystring: { q?: string; limit?: number } }>('/v1/agencies', {
    schema: {
      summary: 'Search agencies by name, alias or code',
      tags: ['directory'],
      querystring: Type.Object({
        q: Type.Optional(Type.String({ maxLength: 100 })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 20 })),
      }),
      response: { 200: Type.Object({ agencies: Type.Array(AgencyBody) }) },
    },
    handler: async ({ query }) => ({
      agencies: searchAgencies(loaded(context), query.q ?? '', query.limit ?? 20).map((agency) => ({
        code: agency.code,
        name: agency.name,
        kind: agency.kind,
        parent: agency.parentCode,
        areaCode: agency.areaCode,
      })),
    }),
  });

  app.get('/v1/topics', {
    schema: {
      summary: 'The topic tree',
      tags: ['directory'],
      response: { 200: Type.Object({ topics: Type.Array(TopicBody) }) },
    },
    handler: async () => ({
      topics: listTopics(loaded(context)).map((topic) => ({
        code: topic.code,
        name: topic.name,
        parent: topic.parentCode,
      })),
    }),
  });
}

function loaded(context: Pick<Context, 'directory'>): Directory {
  const directory = context.directory();
  if (!isLoaded(directory)) throw new AppError('unavailable', 'the directory is not loaded yet');
  return directory;
}
