/** The lines by which mailers introduce what they cite or forward, in the languages that mail programs speak. */

const verbs =
  'wrote|writes|menulis|menuliskan|tulis|menyatakan|a écrit|schrieb|geschrieben|escribió|escreveu|schreef|ha scritto|skrev|kirjoitti|pisze|napisał(?:\\(a\\)|a)?|napsal(?:\\(a\\)|a)?|napísal(?:\\(a\\))?|написала?|пише|писав|пишет|írta|yazdı|şunları yazdı|viết|đã viết|έγραψε|a scris|написа|写道|寫道|写到|寫到|书写|さんは書きました|のメール|작성|님이 작성|כתב|כתבה|كتب';

const endsWithVerb = new RegExp(
  `(?:${verbs}|geschreven|sent)(?:\\s*\\([^)]{0,80}\\))?\\s*(?:\\.{3}|[:：;]|-{2,})?\\s*$`,
  'iu',
);
/** With dashes before and after, as Android and Zoho write it: nobody's own words. */
const betweenDashes = new RegExp(`^-{2,}.{1,200}(?:${verbs})\\s*-{2,}\\s*$`, 'iu');
/** No verb at the end, but a date, a time and at last an address: `Am 2.11.2026 08:20 schrieb Siti <siti@example.com>:`. */
const dateTimeAddress =
  /^(?=.*(?:\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\b\d{4}\b))(?=.*\b\d{1,2}[:.]\d{2}\b).{0,300}<[^\s<>]*@[^<>]*(?:<[^<>]*>)?>\s*[:：]$/u;
/** How such a line begins where it may be wrapped: anywhere else the line before may be somebody's own words. */
const beginsWrapped =
  /^(?:-{2,}\s*)?(?:(?:on|at|in|pada|tanggal|tgl|pd|le|am|el|em|op|il|den|dne|dnia|w dniu|w|vào|στις|kun|lun|ma|ti|ke|to|pe|la|su|в|у|на|dana|în|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}|пн|вт|ср|чт|пт|сб|вс|senin|selasa|rabu|kamis|jumat|sabtu|minggu)(?=\P{L})|\d{1,4}[./:-]|\d{1,2} \p{L}{3,9}\.? \d{4}|在|於|于|ב|في)[^\n]*\d/iu;
const namesWriter = new RegExp(`<[^\\s<>]+@[^\\s<>]+>.*(?:${verbs})`, 'iu');
const beginsLikeOne = /^(?:-{2,}\s*)?[\p{L}\d"“<]/u;
const hasDateOrAddress = /[\w.+-]@[\w-]|\b\d{1,2}[:.]\d{2}\b|\b\d{4}\b|年/u;

/**
 * How many lines from `at` on are the line that introduces a citation, which may be wrapped; 0 where there is none. Where a
 * citation follows for sure, one that has no verb is enough, such as `2011/3/4 Siti <siti@example.com>:`.
 */
export function matchAttribution(lines: readonly string[], at: number, beforeQuote: boolean): number {
  const first = lines[at]?.trim() ?? '';
  if (first === '' || first.length > 400 || !beginsLikeOne.test(first)) return 0;
  // before a citation the verb or the address is enough
  const mayWrap = beginsWrapped.test(first) || (beforeQuote && namesWriter.test(first));
  let joined = '';
  for (let count = 1; count <= 4; count += 1) {
    const line = lines[at + count - 1]?.trim() ?? '';
    if (line === '' || line.startsWith('>') || (count > 1 && !mayWrap)) return 0;
    joined = joined === '' ? line : `${joined} ${line}`;
    if (joined.length > 500) return 0;
    if (count === 1 && betweenDashes.test(joined)) return 1;
    if (beginsWrapped.test(first) && dateTimeAddress.test(joined)) return isOwn(lines, at, count) ? 0 : count;
    if (
      endsWithVerb.test(joined) &&
      (hasDateOrAddress.test(joined) || (beforeQuote && /[:：]$/.test(joined)))
    )
      return isOwn(lines, at, count) ? 0 : count;
    if (
      beforeQuote &&
      (/[:：]\s*$/.test(joined) || /^\d{4}[/-]\d{1,2}[/-]\d{1,2} .*<\S+@\S+>$/.test(joined)) &&
      hasDateOrAddress.test(joined)
    ) {
      const next = lines.slice(at + count).find((one) => one.trim() !== '');
      if (next?.startsWith('>')) return count;
    }
  }
  return 0;
}

/** Whether the first of these lines says something of its own, because the next one begins like an attribution, too. */
const isOwn = (lines: readonly string[], at: number, count: number): boolean =>
  count > 1 &&
  !hasDateOrAddress.test(lines[at] ?? '') &&
  beginsWrapped.test(lines[at + 1]?.trim() ?? '') &&
  hasDateOrAddress.test(lines[at + 1] ?? '');

const original =
  /^\s*[-_=*]{2,}\s*(?:original(?:\s+(?:message|appointment|e-?mail))?|pesan asli|pesan asal|pesan sebelumnya|email asli|ursprüngliche nachricht|ursprungliche nachricht|antwort nachricht|originalnachricht|message d['’]origine|message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande|oprindelig meddelelse|oprindelig besked|opprinnelig melding|alkuperäinen viesti|oryginalna wiadomość|исходное сообщение|původní zpráva|eredeti üzenet|orijinal mesaj|原始邮件|原始郵件|邮件原件|원본 메시지|reply message|reply above this line)\s*[-_=*]{2,}\s*$/iu;

export const isOriginalMessageLine = (line: string) => line.length < 200 && original.test(line);

const forwarded =
  /^\s*(?:[-_=*]{2,}\s*(?:forwarded (?:message|by)\b.{0,120}?|begin forwarded message|pesan (?:terusan|yang diteruskan|diteruskan)|pesan teruskan|diteruskan(?: oleh.{0,120}?)?|weitergeleitete nachricht.{0,60}?|message (?:transféré|transfere|réexpédié|forwardé).{0,60}?|mensaje reenviado.{0,60}?|mensagem encaminhada.{0,60}?|doorgestuurd bericht.{0,60}?|messaggio inoltrato.{0,60}?|vidarebefordrat meddelande|videresendt (?:meddelelse|melding)|přeposlaná zpráva|przekazana wiadomość|пересылаемое сообщение|пересланное сообщение|iletilen mesaj|转发邮件信息|转发的邮件|轉寄郵件|転送メッセージ|전달된 메시지|edelleenlähetetty viesti)\s*[-_=*]{2,}|(?:begin forwarded message|(?:awal|mulai) pesan (?:terusan|yang diteruskan)|pesan diteruskan|pesan terusan|diteruskan|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado|início da mensagem (?:encaminhada|reenviada)|begin doorgestuurd bericht|inizio messaggio inoltrato|vidarebefordrat brev|转发的消息)\s*[:：])\s*$/iu;

export const isForwardLine = (line: string) => line.length < 300 && forwarded.test(line);

/** A subject as mailers write it when they forward. */
export const isForwardSubject = (subject: string) =>
  /^\s*(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|vs|doorst|trs|pd|fs|vb|il|diteruskan|terusan|teruskan|转发|轉寄)\s*[:：]/iu.test(
    subject,
  );

const fromNames =
  'from|dari|pengirim|von|de|da|van|od|från|fra|lähettäjä|от|expéditeur|remitente|发件人|寄件者|差出人|보낸 사람|kimden|từ';
const otherNames =
  'sent|date|dato|message du|copie à|sujet|risposta|envoyé le|to|cc|bcc|subject|reply-to|importance|attachments|when|dikirim|tanggal|hari|tgl|kepada|untuk|ke|tembusan|perihal|subjek|judul|hal|lampiran|gesendet|datum|an|betreff|envoyé|à|objet|enviado(?: el)?|enviada(?: em)?|para|asunto|assunto|fecha|data|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe|отправлено|дата|кому|тема|wysłano|do|temat|发送时间|收件人|抄送|主题|日期|寄件日期|收件者|主旨|送信日時|宛先|件名|보낸 날짜|받는 사람|제목';
const fromLine = new RegExp(`^\\s*\\*{0,2}(?:${fromNames})\\s*\\*{0,2}\\s*[:：]\\*{0,2}\\s*(.*)$`, 'iu');
const otherLine = new RegExp(`^\\s*\\*{0,2}(?:${otherNames})\\s*\\*{0,2}\\s*[:：]`, 'iu');

export type HeaderBlock = { readonly length: number; readonly from: string | null };

/** The lines From, Sent, To, Subject that stand before a mail that is cited or forwarded; null where there are too few. */
export function matchHeaderBlock(lines: readonly string[], at: number, fewest = 3): HeaderBlock | null {
  let from: string | null = null;
  let named = 0;
  let length = 0;
  let blanks = 0;
  for (let index = at; index < lines.length && index < at + 40; index += 1) {
    const line = (lines[index] ?? '').slice(0, 2_000);
    const sender: RegExpExecArray | null = from === null ? fromLine.exec(line) : null;
    if (sender !== null) from = sender[1]?.trim() ?? '';
    if (sender !== null || otherLine.test(line)) {
      named += 1;
      blanks = 0;
    } else if (line.trim() === '') {
      // some mailers put an empty line between any two
      blanks += 1;
      if (named === 0 || blanks > 1) break;
      continue;
    } else if (
      named === 0 ||
      blanks > 0 ||
      (!/^[ \t]|[,;]\s*$/.test(`${lines[index]}${lines[index - 1] ?? ''}`) && !/^<\S+@\S+>\s*$/.test(line))
    )
      break;
    length = index - at + 1;
  }
  if (named < fewest || (from === null && fewest > 1)) return null;
  // `<mailto:…>` beside the address
  return {
    length,
    from:
      from === null || from === '' ? null : from.replace(/\[mailto:([^\]]*)\]/i, '<$1>').replace(/\*/g, ''),
  };
}
