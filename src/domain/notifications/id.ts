import type { Templates } from '../notification.ts';
import type { Status } from '../progress.ts';
import { formatTrackingId } from '../tracking-id.ts';
import { withAgency } from './agency-name.ts';

export const id: Templates = {
  tracking_id: ({ trackingId }) =>
    `Laporan Anda sudah kami catat. ID pelacakan: ${formatTrackingId(trackingId)}. Simpan ID ini untuk melihat perkembangannya. Terima kasih.`,
  linked: ({ trackingId }) =>
    `Laporan Anda sudah kami catat dan digabung dengan laporan lain tentang kejadian yang sama. ID pelacakan: ${formatTrackingId(trackingId)}. Terima kasih.`,
  status: ({ trackingId, status, agencyName }) =>
    withAgency(
      agencyName,
      (agency) => `Laporan ${formatTrackingId(trackingId)} ${statuses[status](agency)}.`,
    ),
  added: ({ trackingId }) =>
    `Tambahan Anda sudah kami catat pada laporan ${formatTrackingId(trackingId)}. Terima kasih.`,
  rated: ({ trackingId, rating }) =>
    `Terima kasih. Nilai Anda untuk laporan ${formatTrackingId(trackingId)}: ${rating} dari 5. Ingin mengubahnya? Kirim NILAI sekali lagi.`,
  help: () =>
    'STATUS (ID): melihat perkembangan. TAMBAH (ID) (isi): menambah keterangan. NILAI (ID) (1-5): menilai. SMS lain kami catat sebagai laporan. Darurat: telepon 112.',
  wrong_id: () =>
    'Ada angka yang keliru pada ID itu. ID terdiri dari 12 angka: cocokkan dengan SMS kami, lalu kirim lagi. Kirim BANTUAN untuk daftar perintah.',
  not_found: () =>
    'Laporan dengan ID itu tidak kami temukan. Cocokkan 12 angkanya dengan SMS kami, lalu kirim lagi. Kirim BANTUAN untuk daftar perintah.',
  rating_range: () =>
    'Nilai adalah angka 1 (buruk) sampai 5 (baik) di belakang ID, misalnya: NILAI 1234-5678-9012 4. Kirim BANTUAN untuk daftar perintah.',
};

/** How far a report has come, as the end of a sentence that begins with it. */
export const statuses: { readonly [Name in Status]: (agency: string | null) => string } = {
  accepted: () => 'sudah kami terima dan sedang diproses',
  in_review: () => 'sedang diperiksa petugas sebelum diteruskan',
  forwarded: (agency) => `sudah diteruskan, menunggu diterima ${agency ?? 'instansi'}`,
  delivered: (agency) => `sudah diterima ${agency ?? 'instansi yang berwenang'}`,
};
