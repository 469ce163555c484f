import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Challenges } from '../limits/challenges.ts';

const Challenge = Type.Object(
  {
    parameters: Type.Object({}, { additionalProperties: true }),
    signature: Type.String(),
  },
  { title: 'Challenge', description: 'As altcha-lib 2 makes it; it counts once, within twenty minutes' },
);

/** `GET /v1/challenge`: a little work for the browser of somebody who fills in the report form. */
export function registerChallenge(app: FastifyInstance, { issue }: Challenges): void {
  app.get('/v1/challenge', {
    schema: {
      summary: 'A proof of work for the report form',
      description: 'Programs that send reports to `/v1/reports` need none.',
      tags: ['directory'],
      response: { 200: Challenge },
    },
    handler: async (_request, reply) => reply.header('cache-control', 'no-store').send(await issue()),
  });
}
