import type { MailFate } from '../../../domain/mail-filing.ts';
import type { Language } from '../../messages/language.ts';

export type MailPageWords = {
  readonly title: string;
  readonly lead: string;
  readonly none: string;
  readonly received: string;
  readonly mailbox: string;
  readonly size: string;
  readonly files: string;
  readonly why: string;
  readonly file: string;
  /** For who hears the button alone. */
  readonly ofMoment: string;
  readonly older: string;
  readonly newest: string;
  readonly reload: string;
  readonly ordered: string;
  readonly filed: string;
  readonly held: string;
  readonly failed: string;
  /** What it was taken for; `set_aside` where nothing could be made of it. */
  readonly fates: Readonly<
    Record<Exclude<MailFate, 'report' | 'held' | 'unreadable' | 'addition'> | 'set_aside', string>
  >;
};

/** The words of the page of e-mails that are no reports. */
export const mailWords: Readonly<Record<Language, MailPageWords>> = {
  id: {
    title: 'Surat elektronik yang bukan laporan',
    lead: 'Surat elektronik ini disimpan tersegel dan tidak dijawab. Pengirim dan isinya tidak ditampilkan di sini. Jika salah satunya ternyata laporan, jadikan laporan.',
    none: 'Tidak ada. Semua surat elektronik yang masuk sudah menjadi laporan atau tambahan laporan.',
    received: 'Diterima',
    mailbox: 'Kotak surat',
    size: 'Ukuran',
    files: '{count, plural, =0 {tanpa berkas} other {# berkas}}',
    why: 'Alasan',
    file: 'Jadikan laporan',
    ofMoment: 'surat yang diterima {moment}',
    older: 'Lebih lama',
    newest: 'Kembali ke yang terbaru',
    reload: 'Muat ulang',
    ordered: 'Surat elektronik itu sedang dijadikan laporan. Biasanya selesai dalam beberapa detik.',
    filed: 'Surat elektronik itu sudah menjadi laporan dengan ID pelacakan',
    held: 'Surat elektronik itu sudah menjadi laporan dan menunggu diperiksa petugas sebelum diteruskan.',
    failed: 'Surat elektronik itu tidak dapat dijadikan laporan. Alasannya ada di daftar di bawah.',
    fates: {
      'auto-reply': 'Balasan otomatis atau surat massal',
      bounce: 'Pemberitahuan surat tidak sampai',
      own: 'Surat dari sistem ini sendiri',
      receipt: 'Tanda terima baca',
      empty: 'Balasan tanpa isi',
      set_aside: 'Tidak dapat diproses',
    },
  },
  en: {
    title: 'E-mail that is no report',
    lead: 'These e-mails are kept sealed and are not answered. Who wrote them and what they say is not shown here. If one of them is a report after all, make it one.',
    none: 'None. Every e-mail that came has become a report or was added to one.',
    received: 'Received',
    mailbox: 'Mailbox',
    size: 'Size',
    files: '{count, plural, =0 {no files} one {# file} other {# files}}',
    why: 'Why',
    file: 'Make it a report',
    ofMoment: 'the e-mail received {moment}',
    older: 'Older',
    newest: 'Back to the newest',
    reload: 'Load again',
    ordered: 'That e-mail is being made a report. As a rule it takes some seconds.',
    filed: 'That e-mail is a report now, under the tracking ID',
    held: 'That e-mail is a report now, and waits for staff to look at it before it is forwarded.',
    failed: 'That e-mail could not be made a report. The list below says why.',
    fates: {
      'auto-reply': 'Automatic reply or bulk mail',
      bounce: 'Notice that a mail did not arrive',
      own: 'Sent by this system itself',
      receipt: 'Read receipt',
      empty: 'Reply that says nothing',
      set_aside: 'Could not be processed',
    },
  },
};
