import { createHash, createVerify, type KeyObject } from 'node:crypto';

/** Whether body and headers are those that were signed (RFC 6376, relaxed/relaxed), written apart from what signs. */
export function verifyDkim(
  mail: Buffer,
  publicKey: KeyObject,
): { readonly body: boolean; readonly headers: boolean } {
  const { fields, body, tags, unsigned } = readDkimSignature(mail);
  const relaxedBody = body
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
    .join('\r\n')
    .replace(/(\r\n)*$/, '\r\n');
  const hash = createHash('sha256').update(relaxedBody, 'latin1').digest('base64');
  const left = [...fields];
  const lines = (tags.h ?? '').split(':').flatMap((name) => {
    const at = left.findLastIndex((field) => field.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    return at < 0 ? [] : left.splice(at, 1).map(relax);
  });
  const data = [...lines, relax(unsigned)].join('\r\n');
  return {
    body: hash === tags.bh,
    headers: createVerify('RSA-SHA256')
      .update(data, 'latin1')
      .verify(publicKey, tags.b ?? '', 'base64'),
  };
}

const relax = (field: string): string => {
  const [, name = '', value = ''] = /^([^:]+):([\s\S]*)$/.exec(field) ?? [];
  return `${name.toLowerCase().trim()}:${value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()}`;
};

/** The signature of a mail, by its tags; a mail without one has none. */
export function readDkimSignature(mail: Buffer) {
  const text = mail.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const fields = text.slice(0, end).split(/\r\n(?![ \t])/);
  const field = fields.find((each) => /^dkim-signature:/i.test(each)) ?? '';
  const tags: Record<string, string | undefined> = Object.fromEntries(
    field
      .slice(field.indexOf(':') + 1)
      .split(';')
      .map((tag) => {
        const at = tag.indexOf('=');
        return [tag.slice(0, at).trim(), tag.slice(at + 1).replace(/\s/g, '')];
      }),
  );
  return {
    fields: fields.filter((each) => each !== field),
    body: text.slice(end + 4),
    tags,
    unsigned: field.replace(/([;\s]b=)[\s\S]*$/, '$1'),
  };
}
