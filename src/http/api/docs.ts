import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { AddedBody, WebhookBody } from '../../domain/audiences/agency.ts';
import { docsContentSecurityPolicy } from '../security.ts';

const header = (name: string, description: string) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema: { type: 'string' as const },
});

const webhook = (summary: string, schema: object) => ({
  post: {
    summary,
    description:
      'Sent to the endpoint of the agency, signed as Standard Webhooks. Answer 2xx once it is stored. ' +
      'webhook-id is the same on every attempt: use it to drop repeats. 410 switches the endpoint off.',
    parameters: [
      header('webhook-id', 'Id of the delivery'),
      header('webhook-timestamp', 'Seconds since 1970, of this attempt'),
      header('webhook-signature', 'v1,<base64 HMAC-SHA256>'),
    ],
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: { '2XX': { description: 'Taken' } },
  },
});

/** `/docs`: the API as OpenAPI 3.1, written by the routes themselves, and the webhook agencies receive. */
export async function registerDocs(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'lapor-gateway',
        version: '1', // of the API, as in /v1
        description: 'Takes citizens’ reports from every channel and hands them to the right agency.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      tags: [
        { name: 'reports', description: 'Send a report and follow it' },
        { name: 'directory', description: 'Agencies and topics' },
        { name: 'channels', description: 'Where providers push messages' },
        { name: 'operations', description: 'Health, readiness, figures' },
      ],
      webhooks: {
        'report.routed': webhook('A report is handed to an agency', WebhookBody),
        'report.added': webhook('The reporter added something to a report that the agency has', AddedBody),
      },
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: docsContentSecurityPolicy });
}
