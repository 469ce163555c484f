import { formatTrackingId } from '../../tracking-id.ts';
import { withAgencyInPost } from '../agency-name.ts';
import { statuses } from '../id.ts';
import type { PostTemplates } from './post-text.ts';

export const id: PostTemplates = {
  tracking_id: ({ trackingId, filesNotTaken }) => [
    `Terima kasih, laporan Anda sudah kami catat. ID pelacakan: ${formatTrackingId(trackingId)}. Simpan untuk melihat perkembangannya. ${closing(filesNotTaken)}`,
    `Laporan Anda sudah kami terima. ID pelacakannya ${formatTrackingId(trackingId)}: simpan untuk melihat perkembangannya. Terima kasih. ${closing(filesNotTaken)}`,
    `Sudah kami catat. Ini ID pelacakan laporan Anda: ${formatTrackingId(trackingId)}. Dengan ID ini Anda dapat mengikutinya. ${closing(filesNotTaken)}`,
  ],
  linked: ({ trackingId, filesNotTaken }) => [
    `Terima kasih, laporan Anda sudah kami catat bersama laporan lain tentang kejadian yang sama. ID pelacakan: ${formatTrackingId(trackingId)}. ${closing(filesNotTaken)}`,
    `Laporan Anda sudah kami terima. Kejadian yang sama dilaporkan juga oleh orang lain. ID pelacakan Anda: ${formatTrackingId(trackingId)}. ${closing(filesNotTaken)}`,
    `Sudah kami catat dan gabungkan dengan laporan lain tentang hal itu. ID pelacakan laporan Anda: ${formatTrackingId(trackingId)}. ${closing(filesNotTaken)}`,
  ],
  status: ({ trackingId, status, agencyName }) => {
    const say = (start: string) =>
      withAgencyInPost(agencyName, (agency) => `${start} ${statuses[status](agency)}.`);
    return [
      say(`Laporan ${formatTrackingId(trackingId)}`),
      say(`Perkembangan: laporan ${formatTrackingId(trackingId)}`),
      say(`Kabar terbaru: laporan Anda, ${formatTrackingId(trackingId)},`),
    ];
  },
  added: ({ trackingId, filesNotTaken }) => [
    `Tambahan Anda sudah kami catat pada laporan ${formatTrackingId(trackingId)}. Terima kasih.${notTaken(filesNotTaken)}`,
    `Terima kasih, keterangan ini sudah kami tambahkan pada laporan ${formatTrackingId(trackingId)}.${notTaken(filesNotTaken)}`,
    `Sudah kami tambahkan pada laporan ${formatTrackingId(trackingId)}. Terima kasih atas keterangannya.${notTaken(filesNotTaken)}`,
    `Laporan ${formatTrackingId(trackingId)} sudah kami lengkapi dengan keterangan Anda. Terima kasih.${notTaken(filesNotTaken)}`,
  ],
  rated: ({ trackingId, rating }) => [
    `Terima kasih. Nilai Anda untuk laporan ${formatTrackingId(trackingId)}: ${rating} dari 5.`,
    `Nilai ${rating} dari 5 untuk laporan ${formatTrackingId(trackingId)} sudah kami catat. Terima kasih.`,
  ],
  help: () => [
    `Tulis apa yang terjadi, di mana, dan kapan, dan sebut akun kami. Kami membalas dengan ID pelacakan. ${emergency}`,
    `Cara melapor: sebut akun kami dan tulis apa yang terjadi, di mana, dan kapan. ID pelacakan kami kirim sebagai balasan. ${emergency}`,
  ],
  wrong_id: () => [
    'Ada angka yang keliru pada ID itu. ID pelacakan terdiri dari 12 angka: cocokkan dengan balasan kami.',
    'ID itu tidak tepat: ada angka yang keliru. Cocokkan 12 angkanya dengan balasan kami.',
  ],
  not_found: () => [
    'Laporan dengan ID itu tidak kami temukan. Cocokkan 12 angkanya dengan balasan kami.',
    'Kami tidak menemukan laporan dengan ID itu. ID pelacakan terdiri dari 12 angka, seperti pada balasan kami.',
  ],
  rating_range: () => [
    'Nilai adalah angka 1 (buruk) sampai 5 (baik).',
    'Beri nilai dengan satu angka, dari 1 (buruk) sampai 5 (baik).',
  ],
};

const emergency = 'Darurat: telepon 112.';

const notTaken = (count = 0): string =>
  count === 0 ? '' : ` ${count} berkas tidak dapat kami terima, karena jenis atau ukurannya.`;

/** Where files were not taken that is more urgent than how to say more. */
const closing = (filesNotTaken = 0): string =>
  `${filesNotTaken === 0 ? 'Ada tambahan? Balas unggahan ini, tetapi tanpa data pribadi: semua orang dapat membacanya.' : notTaken(filesNotTaken).trim()} ${emergency}`;
