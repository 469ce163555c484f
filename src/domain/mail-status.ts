/**
 * What an enhanced status code (RFC 3463, RFC 7505) says, in words for staff. Only codes are repeated of what other
 * servers say: their sentences name the recipient, and at times the sender and the subject.
 */
const meanings: Readonly<Record<string, string>> = {
  '1.0': 'the address is bad',
  '1.1': 'there is no such mailbox',
  '1.2': 'there is no such domain',
  '1.3': 'the address is malformed',
  '1.6': 'the mailbox has moved',
  '1.7': 'our sender address is malformed',
  '1.8': 'our sender address is not known there',
  '1.10': 'the domain takes no mail',
  '2.1': 'the mailbox is switched off',
  '2.2': 'the mailbox is full',
  '2.3': 'the mail is too large for the mailbox',
  '3.1': 'the mail system is full',
  '3.2': 'the mail system takes no mail at the moment',
  '3.4': 'the mail is too large for the mail system',
  '4.1': 'the mail server does not answer',
  '4.2': 'the connection is bad',
  '4.3': 'the name service does not answer',
  '4.4': 'there is no way to the mail server',
  '4.5': 'the mail system is overloaded',
  '4.6': 'mail goes round in circles',
  '4.7': 'it could not be delivered in time',
  '6.7': 'the mail system takes no addresses in other scripts',
  '7.0': 'it is not allowed',
  '7.1': 'it is not allowed, or was taken for spam',
  '7.8': 'our user or password is wrong',
  '7.20': 'it has no DKIM signature',
  '7.23': 'SPF does not fit',
  '7.25': 'our server has no name in DNS',
  '7.26': 'neither SPF nor DKIM fits',
};

/** An enhanced status code with what it says, such as `5.1.1 (there is no such mailbox)`. */
export function describeMailStatus(status: string): string {
  const [, subject] = /^[245]\.(\d{1,3}\.\d{1,3})$/.exec(status) ?? [];
  const meaning = subject === undefined ? undefined : meanings[subject];
  return meaning === undefined ? status : `${status} (${meaning})`;
}

/** The codes a server's answer begins with, in words; never what it says behind them. Null where it begins with none. */
export function describeSmtpAnswer(answer: string): string | null {
  const [, code, status] = /^([245]\d\d)(?:[ -]+([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?/.exec(answer) ?? [];
  if (code === undefined) return null;
  return status === undefined ? code : `${code} ${describeMailStatus(status)}`;
}
