import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { Submission } from '../src/domain/submission.ts';

/** What accept is measured against: the same schema, validated by Fastify, answered from memory, nothing kept. */
const app = fastify({ ajv: { customOptions: { strict: false } } });
app.post('/v1/reports', { schema: { body: Submission } }, async (_request, reply) =>
  reply.code(202).send({ receipt: '0123456789abcdefghjkmnpqrs', trackingId: null, links: {} }),
);
console.log(`ready ${await app.listen({ port: 0, host: '127.0.0.1' })}`);
process.on('SIGTERM', async () => {
  await Promise.race([app.close(), sleep(1_000)]);
  process.exit();
});
