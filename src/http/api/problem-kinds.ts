import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { ErrorCode } from '../../errors.ts';
import { AppError } from '../../errors.ts';
import { problemKinds } from '../problems.ts';

const Words = Type.Object({ title: Type.String(), detail: Type.String() });

/** What the `type` of a problem document points at: the kind of problem in both languages. */
export function registerProblemKinds(app: FastifyInstance, publicUrl: string): void {
  app.get<{ Params: { code: string } }>('/problems/:code', {
    schema: {
      summary: 'What a kind of problem means',
      tags: ['operations'],
      params: Type.Object({ code: Type.String() }),
      response: {
        200: Type.Object({ type: Type.String(), status: Type.Integer(), id: Words, en: Words }),
      },
    },
    handler: async ({ params }) => {
      if (!Object.hasOwn(problemKinds, params.code)) {
        throw new AppError('not-found', 'there is no such kind of problem');
      }
      return {
        type: `${publicUrl}/problems/${params.code}`,
        ...problemKinds[params.code as ErrorCode | 'internal'],
      };
    },
  });
}
