import { formatTrackingId } from '../../tracking-id.ts';
import { statuses } from '../id.ts';
import type { MailTemplates, Paragraph } from './mail-text.ts';

export const id: MailTemplates = {
  tracking_id: ({ trackingId, filesNotTaken }, track) => ({
    subject: `Laporan ${formatTrackingId(trackingId)}: sudah kami catat`,
    paragraphs: [
      `Laporan Anda sudah kami catat. ID pelacakan: ${formatTrackingId(trackingId)}. Simpan ID ini untuk melihat perkembangannya.`,
      ...notTaken(filesNotTaken),
      ...closing(track(trackingId)),
    ],
  }),
  linked: ({ trackingId, filesNotTaken }, track) => ({
    subject: `Laporan ${formatTrackingId(trackingId)}: sudah kami catat`,
    paragraphs: [
      `Laporan Anda sudah kami catat dan digabung dengan laporan lain tentang kejadian yang sama. ID pelacakan: ${formatTrackingId(trackingId)}. Simpan ID ini untuk melihat perkembangannya.`,
      ...notTaken(filesNotTaken),
      ...closing(track(trackingId)),
    ],
  }),
  status: ({ trackingId, status, agencyName }, track) => ({
    subject: `Laporan ${formatTrackingId(trackingId)}: perkembangan`,
    paragraphs: [
      `Laporan ${formatTrackingId(trackingId)} ${statuses[status](agencyName ?? null)}.`,
      ...closing(track(trackingId)),
    ],
  }),
  added: ({ trackingId }, track) => ({
    subject: `Laporan ${formatTrackingId(trackingId)}: tambahan sudah kami catat`,
    paragraphs: [
      `Tambahan Anda sudah kami catat pada laporan ${formatTrackingId(trackingId)}. Terima kasih.`,
      ...closing(track(trackingId)),
    ],
  }),
  rated: ({ trackingId, rating }, track) => ({
    subject: `Laporan ${formatTrackingId(trackingId)}: nilai sudah kami catat`,
    paragraphs: [
      `Terima kasih. Nilai Anda untuk laporan ${formatTrackingId(trackingId)}: ${rating} dari 5.`,
      ...closing(track(trackingId)),
    ],
  }),
  help: () => ({
    subject: 'Cara melapor lewat e-mail',
    paragraphs: [
      'Tulis apa yang terjadi, di mana, dan kapan, lalu kirim ke alamat ini. Foto atau dokumen boleh dilampirkan.',
      'Kami membalas dengan ID pelacakan. Untuk menambah keterangan, balas saja e-mail balasan itu.',
      emergency,
    ],
  }),
  wrong_id: () => ({
    subject: 'ID pelacakan itu keliru',
    paragraphs: [
      'Ada angka yang keliru pada ID itu. ID pelacakan terdiri dari 12 angka: cocokkan dengan e-mail dari kami, lalu kirim lagi.',
      emergency,
    ],
  }),
  not_found: () => ({
    subject: 'Laporan tidak kami temukan',
    paragraphs: [
      'Laporan dengan ID itu tidak kami temukan. Cocokkan 12 angkanya dengan e-mail dari kami, lalu kirim lagi.',
      emergency,
    ],
  }),
  rating_range: () => ({
    subject: 'Nilai laporan: 1 sampai 5',
    paragraphs: [
      'Nilai adalah angka 1 (buruk) sampai 5 (baik). Kirim lagi dengan salah satu angka itu.',
      emergency,
    ],
  }),
};

const emergency = 'Keadaan darurat? Telepon 112. E-mail tidak dibaca seketika.';

const notTaken = (count: number | undefined): readonly Paragraph[] =>
  count === undefined || count === 0
    ? []
    : [
        `${count} berkas yang Anda lampirkan tidak dapat kami terima, karena jenisnya, ukurannya, atau isinya. Tulisan Anda sudah kami catat seluruhnya. Kirim berkasnya lagi sebagai foto atau PDF yang lebih kecil dengan membalas e-mail ini.`,
      ];

const closing = (link: string): readonly Paragraph[] => [
  { words: 'Perkembangan laporan', link },
  'Laporan yang Anda minta dirahasiakan tidak tampil di halaman itu.',
  'Ingin menambah keterangan atau foto? Balas saja e-mail ini.',
  emergency,
  'E-mail ini dikirim otomatis, karena alamat Anda tercantum pada laporan tersebut. Bukan Anda yang melapor? Abaikan saja.',
];
