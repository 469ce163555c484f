import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { Type } from 'typebox';
import { Problem } from '../problems.ts';

const PartBody = Type.Object({ state: Type.Enum(['ok', 'down']), detail: Type.Optional(Type.String()) });

/** One part the gateway depends on; `check` rejects where it does not answer. */
export type Part = { readonly name: string; readonly check: () => Promise<void> };

/** What operators and their machines ask: alive, ready, figures. */
export function registerOperations(
  app: FastifyInstance,
  parts: readonly Part[],
  metrics: Pick<Registry, 'metrics' | 'contentType'>,
): void {
  app.get('/health', {
    config: { limit: 'none' },
    schema: {
      summary: 'The process is alive',
      tags: ['operations'],
      response: { 200: Type.Object({ status: Type.Literal('ok') }) },
    },
    handler: async () => ({ status: 'ok' as const }),
  });

  const ReadyBody = Type.Object({
    status: Type.Enum(['ready', 'degraded', 'not_ready']),
    parts: Type.Record(Type.String(), PartBody),
  });
  app.get('/ready', {
    config: { limit: 'none' },
    schema: {
      summary: 'Each part with its state',
      description:
        'ready: all parts answer. degraded: reports are accepted, but what follows waits (200). not_ready: reports cannot be accepted (503).',
      tags: ['operations'],
      response: { 200: ReadyBody, 503: ReadyBody },
    },
    handler: async (_request, reply) => {
      const states = await Promise.all(parts.map(async (part) => [part.name, await stateOf(part)] as const));
      const isUp = (name: string) => states.some((part) => part[0] === name && part[1].state === 'ok');
      // What PostgreSQL cannot take the spool does: whoever asks must not lead reports away from it.
      const takesReports = isUp('database') || isUp('spool');
      const allUp = states.every(([, state]) => state.state === 'ok');
      const status = !takesReports ? 'not_ready' : allUp ? 'ready' : 'degraded';
      return reply
        .code(status === 'not_ready' ? 503 : 200)
        .header('cache-control', 'no-store')
        .send({ status, parts: Object.fromEntries(states) });
    },
  });

  app.get('/metrics', {
    config: { limit: 'none' },
    schema: { summary: 'Figures for Prometheus', tags: ['operations'], response: { 503: Problem } },
    handler: async (_request, reply) =>
      reply.header('content-type', metrics.contentType).send(await metrics.metrics()),
  });
}

async function stateOf(part: Part): Promise<{ state: 'ok' | 'down'; detail?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 2 s')), 2_000);
  });
  try {
    await Promise.race([part.check(), timeout]);
    return { state: 'ok' };
  } catch (error) {
    // the code of the error at most: messages of drivers name hosts and users
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    return { state: 'down', detail: code ?? 'no answer' };
  } finally {
    clearTimeout(timer);
  }
}
