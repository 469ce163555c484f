import type { AdditionNote } from './audiences/agency.ts';

/** What an agency reads that shows the words of an addition and knows nothing of notes. */
export const noteWords: Readonly<Record<AdditionNote, string>> = {
  post_gone:
    'Catatan sistem: unggahan asli laporan ini sudah tidak ada lagi (dihapus, atau akunnya dikunci atau ditutup). Salinan publiknya sudah ditarik; laporannya tetap berlaku.',
  case_viral:
    'Catatan sistem: banyak orang mengunggah tentang kejadian ini dalam satu jam. Laporan lain tentang kejadian yang sama ditangani instansi lain.',
};
