import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import type { Accept } from '../../accept.ts';
import type { HttpContext } from '../../context.ts';
import { formType, nothingPosted, type Posted } from '../pages/posted-form.ts';
import { createStaffArea, type StaffRoute, staffHome } from './area.ts';
import { registerStaffHome } from './home-route.ts';
import { registerImports } from './import/routes.ts';

/** The pages of staff: each part adds its routes to the area, which sees to it who may do what. Returns the routes. */
export async function registerStaff(
  app: FastifyInstance,
  context: HttpContext,
  accept: Accept,
): Promise<readonly StaffRoute[]> {
  let routes: readonly StaffRoute[] = [];
  await app.register(async (pages) => {
    await pages.register(cookie);
    await protectForms(pages, context);
    const area = createStaffArea(pages, context);
    registerStaffHome(area);
    registerImports(pages, area, context, accept);
    routes = area.routes;
  });
  return routes;
}

async function protectForms(pages: FastifyInstance, { config, formKey }: HttpContext): Promise<void> {
  await pages.register(csrf, {
    cookieKey: 'lapor-staff-csrf',
    cookieOpts: {
      path: staffHome,
      sameSite: 'lax',
      httpOnly: true,
      secure: config.publicUrl.startsWith('https:'),
    },
    // Of one session a token is of no use in another.
    getUserInfo: (request) => request.staffSession?.id ?? 'nobody',
    csrfOpts: { hmacKey: formKey.toString('base64'), userInfo: true },
    getToken: (request) =>
      request.headers['x-csrf-token']?.toString() ??
      (request.body as Partial<Posted> | undefined)?.fields?.get('csrf') ??
      '',
  });
  pages.removeAllContentTypeParsers();
  pages.addContentTypeParser(formType, { parseAs: 'buffer' }, (_request, body, done) => {
    const raw = body as Buffer;
    done(null, { ...nothingPosted, raw, fields: new URLSearchParams(raw.toString()) } satisfies Posted);
  });
  await pages.register(multipart);
}
