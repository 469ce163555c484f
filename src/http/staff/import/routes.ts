import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Accept } from '../../../accept.ts';
import type { HttpContext } from '../../../context.ts';
import {
  countProblems,
  countRows,
  countRowsWithProblems,
  listRowsWithProblems,
} from '../../../db/import-rows.ts';
import { findImport, listImports } from '../../../db/imports.ts';
import type { Import, Mapping } from '../../../domain/import.ts';
import type { AgencyCode } from '../../../domain/report.ts';
import { mayActFor, roles, type StaffMember } from '../../../domain/staff.ts';
import { AppError } from '../../../errors.ts';
import { isField } from '../../../import/columns.ts';
import { createImports, type Imports, judgeMapping, type UploadProblem } from '../../../import/imports.ts';
import { writeResult } from '../../../import/result.ts';
import { startRunner } from '../../../import/runner.ts';
import { templateCsv, templateXlsx } from '../../../import/template.ts';
import { importWords, sayTableProblem } from '../../../import/words.ts';
import { chooseLanguage, type Language } from '../../messages/language.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { livePageHeaders } from '../../security.ts';
import { csrfTokenFor, type StaffArea } from '../area.ts';
import { listOffices } from '../offices.ts';
import { ColumnsPage } from './columns-page.tsx';
import { ImportPage } from './import-page.tsx';
import { ImportListPage, importHome } from './list-page.tsx';
import { createReadUpload, type PostedImport, postedImport } from './read-upload.ts';
import { importPageWords } from './words.ts';

const rowsPerPage = 50;
const shownImports = 50;
const sampleRows = [1, 2, 3];

type Handle = (request: FastifyRequest, reply: FastifyReply, staff: StaffMember) => Promise<unknown>;

/** Bulk import under `/petugas/impor`; runs what was started for as long as `app` is open. */
export function registerImports(
  app: FastifyInstance,
  area: StaffArea,
  context: HttpContext,
  accept: Accept,
): void {
  const { db } = context;
  const imports = createImports(context);
  const runner = startRunner({ ...context, accept }, imports);
  app.addHook('onClose', runner.stop);

  const withImport =
    (handle: (imported: Import, ...given: Parameters<Handle>) => Promise<unknown>): Handle =>
    async (request, reply, staff) => {
      const { id } = request.params as { readonly id: string };
      const imported = await findImport(db, id);
      if (imported === null) throw new AppError('not-found', 'there is no such import');
      return handle(imported, request, reply, staff);
    };
  const back = (reply: FastifyReply, { id }: Pick<Import, 'id'>, query = '') =>
    reply.redirect(`${importHome}/${id}${query}`, 303);
  const list = listHandler(context);
  const columns = columnsHandler(imports);

  area.add({ method: 'GET', url: importHome, roles, handle: (...given) => list(null, ...given) });
  area.add({
    method: 'POST',
    url: importHome,
    roles,
    action: 'import_uploaded',
    readFiles: createReadUpload(app),
    handle: async (request, reply, staff) => {
      const posted = postedImport(request);
      const words = importPageWords[chooseLanguage(request)];
      const office = readOffice(posted, staff, context);
      if (office === null)
        return list({ field: 'office', words: words.officeUnknown }, request, reply, staff);
      if (posted.isTooLarge) return list({ field: 'table', words: words.tooLarge }, request, reply, staff);
      if (posted.table === null)
        return list({ field: 'table', words: words.tableMissing }, request, reply, staff);
      const { table, archive } = posted;
      const uploaded = await imports.upload({ office, createdBy: staff.id, table, archive });
      if ('id' in uploaded) return back(reply, uploaded);
      const said = sayUploadProblem(chooseLanguage(request), uploaded);
      return list({ field: uploaded.in, words: said }, request, reply, staff);
    },
  });
  for (const [format, type] of templates) {
    area.add({
      method: 'GET',
      url: `/petugas/impor/template.${format}`,
      roles,
      handle: async (request, reply) => {
        const language = chooseLanguage(request);
        return reply
          .type(type)
          .header('content-disposition', `attachment; filename="template-surat.${format}"`)
          .send(format === 'csv' ? templateCsv(language) : templateXlsx(language));
      },
    });
  }

  const show = showHandler(context, imports, columns);
  area.add({ method: 'GET', url: '/petugas/impor/:id', roles, subject: 'import', handle: withImport(show) });
  area.add({
    method: 'POST',
    url: '/petugas/impor/:id/kolom',
    roles,
    subject: 'import',
    action: 'import_checked',
    handle: withImport(async (imported, request, reply, staff) => {
      // From a page of before it was started.
      if (imported.state !== 'mapping' && imported.state !== 'checked') return back(reply, imported);
      const { fields } = postedImport(request);
      const mapping = readMapping(fields, imported.mapping.length);
      const { missing, twice } = judgeMapping(mapping);
      if (missing.length + twice.length > 0) return columns(imported, mapping, request, reply, staff);
      await imports.check(imported, mapping);
      return back(reply, imported);
    }),
  });
  area.add({
    method: 'POST',
    url: '/petugas/impor/:id/jalankan',
    roles,
    subject: 'import',
    action: 'import_started',
    handle: withImport(async (imported, request, reply) => {
      const chosen = postedImport(request).fields.get('withoutFile');
      try {
        await imports.start(imported, chosen === 'leave' || chosen === 'send' ? chosen : null);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
        return back(reply, imported, imported.state === 'running' ? '' : '?bentrok=1');
      }
      runner.kick();
      return back(reply, imported);
    }),
  });
  area.add({
    method: 'POST',
    url: '/petugas/impor/:id/henti',
    roles,
    subject: 'import',
    action: 'import_stopped',
    handle: withImport(async (imported, _request, reply) => {
      await imports.pause(imported);
      return back(reply, imported);
    }),
  });
  area.add({
    method: 'POST',
    url: '/petugas/impor/:id/hapus',
    roles,
    subject: 'import',
    action: 'import_erased',
    handle: withImport(async (imported, _request, reply) => {
      // From a page of before it was started: the page says what it is now.
      if (imported.state === 'running') return back(reply, imported);
      await imports.erase(imported);
      return (await findImport(db, imported.id)) === null
        ? reply.redirect(importHome, 303)
        : back(reply, imported);
    }),
  });
  area.add({
    method: 'GET',
    url: '/petugas/impor/:id/hasil.csv',
    roles,
    subject: 'import',
    action: 'import_result_read',
    handle: withImport(async (imported, request, reply) => {
      const lines = writeResult(db, imported, await imports.open(imported.id), chooseLanguage(request));
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="hasil-impor-${imported.id.slice(0, 8)}.csv"`)
        .send(Readable.from(lines));
    }),
  });
}

const templates = [
  ['csv', 'text/csv; charset=utf-8'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
] as const;

/** Null where it is none of theirs. */
function readOffice(
  { fields }: PostedImport,
  staff: StaffMember,
  { directory }: Pick<HttpContext, 'directory'>,
): AgencyCode | null {
  const typed = (fields.get('office') ?? '').trim();
  if (typed === '') return staff.agencyCode;
  const agency = directory().agencies.get(typed) ?? directory().agencies.get(typed.toUpperCase());
  return agency?.active === true && mayActFor(staff, agency.code, directory()) ? agency.code : null;
}

function sayUploadProblem(language: Language, problem: UploadProblem): string {
  return problem.in === 'table'
    ? sayTableProblem(language, problem.problem)
    : importWords[language].archive[problem.problem];
}

function readMapping(fields: URLSearchParams, columns: number): Mapping {
  return Array.from({ length: columns }, (_, index) => {
    const chosen = fields.get(`kolom-${index}`) ?? '';
    return isField(chosen) ? chosen : null;
  });
}

function listHandler({ db, directory }: HttpContext) {
  return async (
    problem: { readonly field: 'table' | 'archive' | 'office'; readonly words: string } | null,
    ...[request, reply, staff]: Parameters<Handle>
  ): Promise<unknown> => {
    const codes = [...directory().agencies.values()]
      .map(({ code }) => code)
      .filter((code) => mayActFor(staff, code, directory()));
    const posted = request.body as Partial<PostedImport> | undefined;
    if (problem !== null) reply.code(422);
    return sendPage(
      reply,
      ImportListPage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        imports: (await listImports(db, codes, shownImports)).map((imported) => ({
          ...imported,
          officeName: directory().agencies.get(imported.office)?.name ?? imported.office,
        })),
        offices: listOffices(staff, directory()),
        problem,
        office: posted?.fields?.get('office') ?? staff.agencyCode,
      }),
    );
  };
}

function columnsHandler(imports: Imports) {
  return async (
    imported: Import,
    mapping: Mapping,
    ...[request, reply, staff]: Parameters<Handle>
  ): Promise<unknown> => {
    const content = await imports.open(imported.id);
    if (content === null) throw new AppError('not-found', 'what was uploaded has been deleted');
    const view = viewOf(request);
    const words = importPageWords[view.speech.language];
    const { fields } = importWords[view.speech.language];
    const { missing, twice } = judgeMapping(mapping);
    const isPosted = request.method === 'POST';
    const problems = [
      ...(missing.length > 0
        ? [words.missing.replace('{fields}', missing.map((one) => fields[one]).join(', '))]
        : []),
      ...(twice.length > 0
        ? [words.twice.replace('{fields}', twice.map((one) => fields[one]).join(', '))]
        : []),
    ];
    const cells = await content.rows(sampleRows);
    if (isPosted) reply.code(422);
    return sendPage(
      reply,
      ColumnsPage({
        view,
        staff,
        csrfToken: csrfTokenFor(request, reply),
        imported,
        mapping,
        headings: content.headings,
        samples: sampleRows.map((number) => cells.get(number) ?? []),
        problems,
      }),
    );
  };
}

function showHandler({ db }: HttpContext, imports: Imports, columns: ReturnType<typeof columnsHandler>) {
  return async (imported: Import, ...[request, reply, staff]: Parameters<Handle>): Promise<unknown> => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const isChanging = query['ubah'] === 'kolom' && imported.state === 'checked';
    if (imported.state === 'mapping' || isChanging) {
      return columns(imported, imported.mapping, request, reply, staff);
    }
    const { id } = imported;
    const pages = Math.max(1, Math.ceil((await countRowsWithProblems(db, id)) / rowsPerPage));
    const page = Math.min(pages, Math.max(1, Math.trunc(Number(query['hal'])) || 1));
    const rows = await listRowsWithProblems(db, id, { offset: (page - 1) * rowsPerPage, limit: rowsPerPage });
    const content = await imports.open(id);
    const cells = await content?.rows(rows.map(({ number }) => number));
    return sendPage(
      reply,
      ImportPage({
        view: viewOf(request),
        staff,
        csrfToken: csrfTokenFor(request, reply),
        imported,
        counts: await countRows(db, id),
        headings: content?.headings ?? null,
        summary: await countProblems(db, id),
        rows: rows.map((row) => ({ row, cells: cells?.get(row.number) ?? [] })),
        page,
        pages,
        conflict: query['bentrok'] === '1',
      }),
      livePageHeaders,
    );
  };
}
