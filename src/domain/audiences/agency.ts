import { Type } from 'typebox';
import type { Attachment } from '../attachment.ts';
import {
  type AgencyCode,
  channelNames,
  type Identity,
  kinds,
  type NewReport,
  type Place,
  type ReportId,
} from '../report.ts';
import type { Surge } from '../surge.ts';

/** Everything known about a report at the moment it is handed over; what of it an agency may read is decided below. */
export type Handover = Pick<
  NewReport,
  'kind' | 'title' | 'text' | 'topic' | 'channel' | 'receivedAt' | 'anonymous' | 'confidential'
> & {
  readonly reportId: ReportId;
  readonly trackingId: string;
  readonly place: Place | null;
  /** Tracking ID of the first report about the same event, where this agency has that report and it is not confidential. */
  readonly duplicateOf: string | null;
  readonly agency: AgencyCode;
  readonly reason: string;
  readonly routedAt: Date;
  readonly identity: Identity | null;
  /** The files of the report, and where this agency may fetch them for a while. */
  readonly attachments?: readonly HandedFile[];
  /** Many posted about its case within an hour; absent where they did not. */
  readonly viral?: Surge;
};

/** What we tell an agency of ourselves about a report that it has. */
export const additionNotes = ['post_gone', 'case_viral'] as const;
export type AdditionNote = (typeof additionNotes)[number];

/** What the reporter said after the report, or what we say ourselves. */
export type AddedText = Pick<NewReport, 'text' | 'channel' | 'receivedAt'> & {
  readonly id: string;
  readonly storedAt: Date;
  /** The post was edited, and this is how it reads now: 2 for the first edit. */
  readonly version?: number | null;
  /** The reporter did not say this: we do. */
  readonly note?: AdditionNote | null;
  /** The files that came with it. */
  readonly attachments?: readonly HandedFile[];
};

export type HandedFile = Pick<Attachment, 'type' | 'bytes' | 'sha256'> & { readonly url: string };

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const text = (description: string) => Type.String({ description });
const moment = (description: string) => Type.String({ format: 'date-time', description });

const files = (description: string) =>
  Type.Optional(
    Type.Array(
      Type.Object({
        type: text('By its content'),
        bytes: Type.Integer(),
        sha256: text('In hexadecimal'),
        url: Type.String({
          format: 'uri',
          description:
            'Signed for this endpoint and good for seven days from this attempt: on a later one it is another. ' +
            '503 where the antivirus has not seen the file yet',
        }),
      }),
      { description },
    ),
  );

/** A member that is there only where files are. */
const filesMember = (handed: readonly HandedFile[] | undefined) =>
  handed?.length
    ? { attachments: handed.map(({ type, bytes, sha256, url }) => ({ type, bytes, sha256, url })) }
    : {};

const viral = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        since: moment('When so many had posted about it'),
        posts: Type.Integer({ description: 'Posts about it within the hour that counted most so far' }),
      },
      { description },
    ),
  );

/** A member that is there only where the case is viral. */
const viralMember = (surge: Surge | undefined) =>
  surge === undefined ? {} : { viral: { since: surge.since.toISOString(), posts: surge.posts } };

/**
 * What an agency's endpoint receives, as JSON Schema. Receivers must ignore members they do not know: new ones may
 * come. The same delivery has the same bytes on every attempt, but for the addresses of files and for `viral`, which tells how
 * it stands at that moment.
 */
export const WebhookBody = Type.Object(
  {
    type: Type.Literal('report.routed'),
    timestamp: moment('When the report was routed to the agency; the same on every attempt'),
    data: Type.Object({
      reportId: Type.String({ format: 'uuid' }),
      trackingId: Type.String({ pattern: '^[0-9]{12}$', description: 'The citizen writes it 4-4-4' }),
      kind: Type.Enum([...kinds]),
      title: nullable(text('A few words, as a headline')),
      text: text('What happened, as the reporter wrote it; untrusted text, up to 20,000 characters'),
      place: nullable(
        Type.Object({
          text: nullable(text('Where it happened, in words')),
          lat: nullable(Type.Number({ description: 'Degrees, WGS 84' })),
          lon: nullable(Type.Number({ description: 'Degrees, WGS 84' })),
          areaCode: nullable(text('Kemendagri code with dots')),
        }),
      ),
      topic: nullable(text('Code of the topic the gateway found')),
      channel: Type.Enum([...channelNames]),
      receivedAt: moment('When the gateway received the report'),
      duplicateOf: nullable(
        text('Tracking ID of an earlier report about the same event that this agency has received too'),
      ),
      agency: text('Code of the agency this is handed to'),
      reason: text('Why it was routed here, in Indonesian'),
      attachments: files('Absent where no file came with the report'),
      viral: viral('Many posted about the same event within an hour; absent where they did not, or not yet'),
      reporter: Type.Optional(
        Type.Object(
          {
            name: nullable(Type.String()),
            phone: nullable(text('E.164 where it could be read')),
            email: nullable(Type.String()),
            address: Type.Optional(text('Where the writer of a letter lives; absent where it is not known')),
            onBehalfOf: nullable(text('The person for whom the reporter speaks')),
            account: Type.Optional(
              text('The handle they posted under, without @; absent where they did not, or it is not known'),
            ),
            permalink: Type.Optional(
              Type.String({
                format: 'uri',
                description: 'Where the post stands; absent where there is none',
              }),
            ),
          },
          {
            description:
              'Absent where the reporter is anonymous, the report is confidential or nothing is known',
          },
        ),
      ),
    }),
  },
  { title: 'ReportRouted', description: 'A report handed to an agency' },
);
export type WebhookBody = Type.Static<typeof WebhookBody>;

/** Copies member by member what an agency may read: whatever a report gains later stays invisible until it is listed. */
export function webhookBody(handover: Handover): WebhookBody {
  const { place, identity } = handover;
  const nameless = handover.anonymous || handover.confidential || identity === null;
  return {
    type: 'report.routed',
    timestamp: handover.routedAt.toISOString(),
    data: {
      reportId: handover.reportId,
      trackingId: handover.trackingId,
      kind: handover.kind,
      title: handover.title,
      text: handover.text,
      place: place && { text: place.text, lat: place.lat, lon: place.lon, areaCode: place.areaCode },
      topic: handover.topic,
      channel: handover.channel,
      receivedAt: handover.receivedAt.toISOString(),
      duplicateOf: handover.duplicateOf,
      agency: handover.agency,
      reason: handover.reason,
      ...filesMember(handover.attachments),
      ...viralMember(handover.viral),
      ...(nameless
        ? {}
        : {
            reporter: {
              name: identity.name,
              phone: identity.phone,
              email: identity.email,
              ...(identity.address == null ? {} : { address: identity.address }),
              onBehalfOf: identity.onBehalfOf,
              ...(identity.account?.handle == null ? {} : { account: identity.account.handle }),
              ...(identity.account === undefined ? {} : { permalink: identity.account.permalink }),
            },
          }),
    },
  };
}

/** What an agency's endpoint receives when the reporter adds something to a report that the agency has, or when we have to tell it something about it. */
export const AddedBody = Type.Object(
  {
    type: Type.Literal('report.added'),
    timestamp: moment('When the addition was stored; the same on every attempt'),
    data: Type.Object({
      additionId: Type.String({ format: 'uuid' }),
      reportId: Type.String({ format: 'uuid' }),
      trackingId: Type.String({ pattern: '^[0-9]{12}$', description: 'The citizen writes it 4-4-4' }),
      text: text(
        'What the reporter adds; untrusted text, up to 20,000 characters. Empty where files alone were added. ' +
          'Where there is a note: what the gateway says, in Indonesian',
      ),
      version: Type.Optional(
        Type.Integer({
          minimum: 2,
          description:
            'The reporter edited their post and the text is all of it as it reads now: 2 for the first edit. Absent where it is said besides',
        }),
      ),
      note: Type.Optional(
        Type.Enum([...additionNotes], {
          description:
            'Not the reporter says this but the gateway. post_gone: the post that became the report is there no more, ' +
            'and nothing of it is public here; the report stands. case_viral: many posted about the same event within an hour',
        }),
      ),
      viral: viral('As of a report; only with the note case_viral'),
      channel: Type.Enum([...channelNames]),
      receivedAt: moment('When the gateway received it'),
      agency: text('Code of the agency this is handed to'),
      attachments: files('Absent where no file was added'),
    }),
  },
  { title: 'ReportAdded', description: 'What a reporter added to a report' },
);
export type AddedBody = Type.Static<typeof AddedBody>;

/** As `webhookBody`. Who says it is the reporter, of whom the agency knows what the report told it. */
export function addedBody(
  { reportId, trackingId, agency, viral }: Pick<Handover, 'reportId' | 'trackingId' | 'agency' | 'viral'>,
  addition: AddedText,
): AddedBody {
  const { version, note } = addition;
  return {
    type: 'report.added',
    timestamp: addition.storedAt.toISOString(),
    data: {
      additionId: addition.id,
      reportId,
      trackingId,
      text: addition.text,
      ...(version == null ? {} : { version }),
      ...(note == null ? {} : { note }),
      ...(note === 'case_viral' ? viralMember(viral) : {}),
      channel: addition.channel,
      receivedAt: addition.receivedAt.toISOString(),
      agency,
      ...filesMember(addition.attachments),
    },
  };
}
