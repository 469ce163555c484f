import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Accept } from '../../../accept.ts';
import type { HttpContext } from '../../../context.ts';
import {
  findLetter,
  findLetterByExternalId,
  type LetterRecord,
  listLettersOfToday,
} from '../../../db/letters.ts';
import { isUnavailable } from '../../../db/pool.ts';
import type { LetterOrigin } from '../../../domain/letter.ts';
import {
  checkLetter,
  dayIn,
  type LetterEntry,
  type LetterFields,
  type LetterProblem,
  readLetterFields,
  toLetterReport,
} from '../../../domain/letter-entry.ts';
import type { Accepted } from '../../../domain/report.ts';
import { type Agency, listTopics } from '../../../domain/routing/directory.ts';
import { mayActFor, type StaffMember } from '../../../domain/staff.ts';
import { AppError } from '../../../errors.ts';
import { createWaitForTrackingId } from '../../api/wait-for-tracking-id.ts';
import { gatherFiles, type PostedFiles } from '../../pages/form-files.ts';
import { nothingPosted, readMultipartForm } from '../../pages/posted-form.ts';
import { sendPage, viewOf } from '../../pages/send-page.ts';
import { scanPageHeaders } from '../../security.ts';
import { csrfTokenFor, requireOwnAgency, type StaffArea } from '../area.ts';
import { listOffices } from '../offices.ts';
import { deskPath, deskRoles, postedOf } from './desk.ts';
import { type DeskNotice, LetterFormPage } from './letter-form-page.tsx';
import { registerLetterPages } from './letter-routes.ts';
import { registerScans } from './scan-routes.ts';

/** Filing takes some 50 ms, so the tracking ID is nearly always there to be written on the letter. */
const waitForFilingMs = 1_000;
const shownOfToday = 50;
const nothingEntered = { letters: [], count: 0 };

type Form = {
  readonly values: LetterFields;
  readonly given?: PostedFiles;
  readonly problems?: readonly LetterProblem[];
  readonly notice?: DeskNotice;
};

/** `/petugas/surat`: where staff key in letters, visits and calls. What they typed is shown again until it is saved. */
export function registerDesk(area: StaffArea, context: HttpContext, accept: Accept): void {
  const { db, directory, clock, ocr } = context;
  const waitForTrackingId = createWaitForTrackingId(context);
  registerScans(area, context);
  registerLetterPages(area, context);

  async function sendForm(
    request: FastifyRequest,
    reply: FastifyReply,
    staff: StaffMember,
    { values, given, problems = [], notice }: Form,
  ): Promise<FastifyReply> {
    const { agencies } = directory();
    const view = viewOf(request);
    const offices = listOffices(staff, directory());
    const office = offices.find(({ code }) => code === values.office) ?? offices[0];
    const timeZone = office?.timeZone ?? 'Asia/Jakarta';
    const now = clock();
    const asked = { now, timeZone, limit: shownOfToday };
    const entered = office === undefined ? nothingEntered : await listEntered(office, asked);
    const { shown: files, problems: refused } = given ?? (await gatherFiles(context, nothingPosted));
    const page = LetterFormPage({
      view,
      staff,
      csrfToken: csrfTokenFor(request, reply),
      values: { ...values, office: office?.code ?? '' },
      today: dayIn(timeZone, now),
      offices,
      agencies: [...agencies.values()].filter(({ active }) => active),
      topics: listTopics(directory()).filter(
        ({ parentCode, code }) => parentCode === null || code === values.topic,
      ),
      files,
      reads: { pictures: ocr.tools.languages.length > 0, pdf: ocr.tools.readsPdf },
      entered,
      problems,
      fileProblems: refused.map(({ message, values: told = {} }) =>
        view.speech.say(view.speech.words.problems[message], told),
      ),
      ...(notice !== undefined && { notice }),
    });
    return sendPage(reply, page, scanPageHeaders);
  }

  /** Nothing while PostgreSQL is away: then the form matters, with what was typed in it. */
  async function listEntered(office: Agency, asked: Parameters<typeof listLettersOfToday>[2]) {
    try {
      return await listLettersOfToday(db, office.code, asked);
    } catch (error) {
      if (isUnavailable(error)) return nothingEntered;
      throw error;
    }
  }

  /** An empty form; of a letter that was just saved, what the next of the pile has in common with it. */
  function freshFields(staff: StaffMember, after: LetterRecord | null): LetterFields {
    const own = directory().agencies.get(staff.agencyCode);
    const given: Partial<Record<keyof LetterFields, string>> = {
      office: after?.office ?? staff.agencyCode,
      origin: after?.origin ?? ('letter' satisfies LetterOrigin),
      receivedOn: after?.receivedOn ?? dayIn(own?.timeZone ?? 'Asia/Jakarta', clock()),
      kind: 'complaint',
    };
    return readLetterFields((field) => given[field]);
  }

  /** The letter that an address names, where it is any of their business. */
  async function findOwn(staff: StaffMember, id: unknown): Promise<LetterRecord | null> {
    const isId = typeof id === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
    const letter = isId ? await findLetter(db, id) : null;
    return letter !== null && mayActFor(staff, letter.office, directory()) ? letter : null;
  }

  area.add({
    method: 'GET',
    url: deskPath,
    roles: deskRoles,
    handle: async (request, reply, staff) => {
      const { setelah, lagi } = request.query as { readonly setelah?: unknown; readonly lagi?: unknown };
      const letter = await findOwn(staff, setelah);
      const values = freshFields(staff, letter);
      if (letter === null) return sendForm(request, reply, staff, { values });
      const kind = lagi === undefined ? 'saved' : 'savedSame';
      return sendForm(request, reply, staff, { values, notice: { kind, letter } });
    },
  });

  area.add({
    method: 'POST',
    url: deskPath,
    roles: deskRoles,
    action: 'letter_entered',
    readFiles: (request) => readMultipartForm(request, context),
    showAgain: 'unggah',
    handle: async (request, reply, staff) => {
      const posted = postedOf(request);
      const { fields } = posted;
      const values = readLetterFields((field) => fields.get(field));
      const given = await gatherFiles(context, posted);
      const office = directory().agencies.get(values.office);
      if (office !== undefined) requireOwnAgency(staff, office.code, context);
      // The files come before the rest.
      if (fields.has('unggah')) {
        const code = given.problems.length > 0 ? 422 : 200;
        return sendForm(request, reply.code(code), staff, { values, given });
      }
      const checked = checkLetter(values, { directory: directory(), now: clock() });
      if (!('entry' in checked) || given.problems.length > 0) {
        const problems = 'entry' in checked ? [] : checked.problems;
        return sendForm(request, reply.code(422), staff, { values, given, problems });
      }
      const accepted = await saveOrRefuse(checked.entry, given, staff);
      if (accepted === 'unavailable') {
        reply.code(503).header('retry-after', '5');
        return sendForm(request, reply, staff, { values, given, notice: { kind: 'unavailable' } });
      }
      if (!accepted.sameContent) {
        const letter = await findLetter(db, accepted.reportId);
        if (letter === null) throw new AppError('unavailable', 'the letter is not stored yet');
        return sendForm(request, reply.code(409), staff, {
          values,
          given,
          notice: { kind: 'taken', letter },
        });
      }
      // Those that came with it before are with the letter already.
      if (accepted.repeated) await context.attachments.discard(posted.uploads).catch(() => undefined);
      await waitForTrackingId(accepted, waitForFilingMs);
      const id = accepted.reportId;
      if (fields.get('lanjut') === 'lihat') return reply.redirect(`${deskPath}/${id}`, 303);
      return reply.redirect(`${deskPath}?setelah=${id}${accepted.repeated ? '&lagi' : ''}`, 303);
    },
  });

  /** Files are not given to a number that is taken: they stay free for the number it should have been. */
  async function save(entry: LetterEntry, given: PostedFiles, staff: StaffMember): Promise<Accepted> {
    const meta = { enteredBy: staff.id, receivedAt: clock(), hashes: given.hashes };
    const plain = toLetterReport(entry, meta);
    const isTaken = (await findLetterByExternalId(db, plain.externalId ?? '')) !== null;
    const report = isTaken ? plain : toLetterReport(entry, { ...meta, ...given.ofReport });
    const [accepted] = (await accept([await context.attachments.claim(report)])) as [Accepted];
    return accepted;
  }

  async function saveOrRefuse(entry: LetterEntry, given: PostedFiles, staff: StaffMember) {
    try {
      return await save(entry, given, staff);
    } catch (error) {
      const isAway = isUnavailable(error) || (error instanceof AppError && error.code === 'unavailable');
      if (isAway) return 'unavailable' as const;
      throw error;
    }
  }
}
