import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Inbound, isReport } from '../../src/domain/message.ts';
import { type Accepted, limits, normalizeText } from '../../src/domain/report.ts';
import { validate } from '../../src/domain/validate.ts';
import { AppError, type FieldProblem } from '../../src/errors.ts';
import type { Answer, Receive } from '../channel.ts';
import { parseJson } from './json-body.ts';
import { splitJsonArray } from './json-elements.ts';
import { maxIdLength, operatorTime, toInbound } from './message.ts';
import { verifySignature } from './signature.ts';

/** What an SMS provider posts, one or an array of them; whatever else it adds is ignored. */
const GenericSms = Type.Object({
  id: Type.String({ pattern: `^[\\x21-\\x7e]{1,${maxIdLength}}$` }),
  from: Type.String(),
  to: Type.Optional(Type.String()),
  text: Type.String(),
  receivedAt: Type.Optional(Type.String({ format: 'date-time' })),
});
type GenericSms = Type.Static<typeof GenericSms>;

const single = Compile(GenericSms);
const batch = Compile(Type.Array(GenericSms));

const maxMessages = 10_000;
/** Texts too long are named up to this many. */
const maxNamed = 20;

/** The way in for any provider that can sign: all messages of a request are taken, or none. */
export const createGenericReceive =
  (secret: string): Receive =>
  (request) => {
    verifySignature(request, secret);
    const messages = parse(request.body);
    const inbound = messages.map(({ sms, bytes }) =>
      toInbound({
        provider: 'generic',
        id: sms.id,
        from: sms.from,
        text: sms.text,
        key: secret,
        receivedAt: request.receivedAt,
        sentAt: operatorTime(sms.receivedAt, request.receivedAt),
        original: { contentType: 'application/json', body: bytes, messageId: sms.id },
      }),
    );
    return { messages: inbound, answer: (accepted) => answer(messages, inbound, accepted) };
  };

type Message = { readonly sms: GenericSms; readonly bytes: Buffer };

function parse(body: Buffer): readonly Message[] {
  const input = parseJson(body);
  if (!Array.isArray(input)) {
    const sms = validate<GenericSms>(single, input);
    refuseLongTexts([sms], () => '/text');
    return [{ sms, bytes: body }];
  }
  if (input.length === 0) refuse('invalid', [{ path: '', problem: 'must hold at least one message' }]);
  if (input.length > maxMessages) {
    refuse('too-large', [{ path: '', problem: `must not hold more than ${maxMessages} messages` }]);
  }
  const list = validate<readonly GenericSms[]>(batch, input);
  refuseLongTexts(list, (index) => `/${index}/text`);
  const elements = splitJsonArray(body);
  return list.map((sms, index) => ({ sms, bytes: elements[index] ?? body }));
}

/** No phone sends so much (255 parts hold 39,015 characters at most, of which nobody types half): a program's mistake. */
function refuseLongTexts(list: readonly GenericSms[], path: (index: number) => string): void {
  const fields = list.flatMap(({ text }, index) =>
    text.length > limits.text && normalizeText(text).length > limits.text
      ? [{ path: path(index), problem: `must not have more than ${limits.text} characters` }]
      : [],
  );
  if (fields.length > 0) refuse('too-large', fields.slice(0, maxNamed));
}

function refuse(code: 'invalid' | 'too-large', fields: readonly FieldProblem[]): never {
  throw new AppError(code, 'nothing of this request was taken', { fields });
}

/**
 * The receipt is the reporter's secret, and the provider gets it all the same: it carries the text, the number and
 * every SMS back in the clear, so keeping the receipt from it would protect nothing and leave the reporter without. A
 * command has none: no report comes of it.
 */
function answer(
  messages: readonly Message[],
  inbound: readonly Inbound[],
  accepted: readonly Accepted[],
): Answer {
  const receipts = messages.map(({ sms }, index) => ({
    id: sms.id,
    receipt: isCommand(inbound[index]) ? null : accepted[index]?.receipt,
    repeated: accepted[index]?.repeated,
  }));
  return { status: 202, contentType: 'application/json', body: JSON.stringify({ receipts }) };
}

const isCommand = (inbound: Inbound | undefined): boolean =>
  inbound !== undefined && !isReport(inbound) && inbound.content.kind !== 'part';
