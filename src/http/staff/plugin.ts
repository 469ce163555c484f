import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import type { Accept } from '../../accept.ts';
import type { HttpContext } from '../../context.ts';
import { createPasswordHashing } from '../../password-hash.ts';
import { rememberLanguage } from '../pages/plugin.ts';
import { formType, nothingPosted, type Posted } from '../pages/posted-form.ts';
import { registerPassword } from './account/password-route.ts';
import { registerSessions } from './account/sessions-route.ts';
import { createStaffArea, csrfUserOf, type StaffRoute, staffHome } from './area.ts';
import { registerDesk } from './desk/desk-routes.ts';
import { registerHeld } from './held/held-route.ts';
import { registerStaffHome } from './home-route.ts';
import { registerImports } from './import/routes.ts';
import { registerStaffMail } from './mail/mail-routes.ts';
import { registerMembers } from './members/members-route.ts';
import { registerStaffPosts } from './posts/posts-routes.ts';
import { refuseInWords } from './refusals.ts';
import type { SignInContext } from './sign-in/check-password.ts';
import { registerInvitation } from './sign-in/invitation-route.ts';
import { registerSignIn } from './sign-in/sign-in-route.ts';
import { deriveStaffSecrets } from './sign-in/staff-secrets.ts';

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
    rememberLanguage(pages, context);
    const area = createStaffArea(pages, context);
    refuseInWords(pages);
    const signIn: SignInContext = {
      ...context,
      secrets: deriveStaffSecrets(context.formKey),
      passwords: createPasswordHashing(),
    };
    registerSignIn(pages, signIn);
    registerInvitation(pages, signIn);
    const { oidc } = context.config.staff;
    if (oidc !== null) {
      // Only who has a provider loads what speaks to it.
      const { registerOidc } = await import('./sign-in/oidc-route.ts');
      registerOidc(pages, signIn, oidc);
    }
    registerStaffHome(area, context);
    registerHeld(area, context);
    registerMembers(area, context);
    registerSessions(area, context);
    registerPassword(area, signIn);
    registerStaffMail(area, context);
    registerStaffPosts(area, context, accept);
    registerDesk(area, context, accept);
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
    getUserInfo: csrfUserOf,
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
  // Without a body, or with files where none belong, it is a form that was left empty.
  pages.addHook('preValidation', async (request) => {
    if (request.method === 'POST') request.body ??= { ...nothingPosted, fields: new URLSearchParams() };
  });
}
