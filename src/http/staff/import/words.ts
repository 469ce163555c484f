import type { ImportState } from '../../../domain/import.ts';
import type { Language } from '../../messages/language.ts';

type Words = Readonly<
  Record<
    | 'title'
    | 'lead'
    | 'table'
    | 'tableHint'
    | 'archive'
    | 'archiveHint'
    | 'office'
    | 'officeHint'
    | 'officeUnknown'
    | 'upload'
    | 'tableMissing'
    | 'templates'
    | 'past'
    | 'none'
    | 'rows'
    | 'number'
    | 'columnsTitle'
    | 'columnsLead'
    | 'column'
    | 'ignored'
    | 'ignoredTold'
    | 'check'
    | 'missing'
    | 'twice'
    | 'checkTitle'
    | 'ready'
    | 'duplicates'
    | 'refused'
    | 'accepted'
    | 'left'
    | 'fileProblems'
    | 'withoutFile'
    | 'send'
    | 'leave'
    | 'start'
    | 'nothingToRun'
    | 'changeColumns'
    | 'summary'
    | 'perRow'
    | 'perRowHint'
    | 'page'
    | 'previous'
    | 'next'
    | 'runningTitle'
    | 'runningLead'
    | 'progress'
    | 'stop'
    | 'pausedTitle'
    | 'pausedLead'
    | 'resume'
    | 'doneTitle'
    | 'doneLead'
    | 'result'
    | 'resultHint'
    | 'erase'
    | 'eraseHint'
    | 'erased'
    | 'conflict'
    | 'tooLarge'
    | 'reload'
    | 'back'
    | 'noProblems'
    | 'problemTitle',
    string
  >
> & { readonly states: Readonly<Record<ImportState, string>> };

export const importPageWords: Readonly<Record<Language, Words>> = {
  id: {
    title: 'Impor surat',
    lead: 'Masukkan banyak surat sekaligus dari tabel Excel atau CSV. Berkas yang sama boleh diunggah lagi: surat yang sudah diterima tidak dimasukkan dua kali.',
    table: 'Tabel surat (.xlsx atau .csv)',
    tableHint: 'Satu surat satu baris, baris pertama judul kolom. Paling banyak 50.000 baris dan 20 MB.',
    archive: 'ZIP lampiran (boleh kosong)',
    archiveHint: 'Nama berkas ditulis di kolom Lampiran; beberapa nama dipisahkan titik koma.',
    office: 'Instansi pemilik buku agenda',
    officeHint: 'Biarkan bila surat milik instansi Anda sendiri.',
    officeUnknown: 'Tidak ada instansi Anda dengan kode ini.',
    upload: 'Unggah',
    tableMissing: 'Pilih berkas tabel lebih dahulu.',
    templates: 'Contoh tabel:',
    past: 'Impor sebelumnya',
    none: 'Belum ada impor.',
    rows: 'Baris',
    number: 'Baris',
    columnsTitle: 'Cocokkan kolom',
    columnsLead: 'Kami menebak isi tiap kolom dari judulnya. Periksa, lalu ubah yang keliru.',
    column: 'Kolom',
    ignored: '— tidak dipakai —',
    ignoredTold: 'Kolom yang tidak dipakai: {columns}.',
    check: 'Periksa semua baris',
    missing: 'Belum ada kolom untuk: {fields}.',
    twice: 'Dipilih lebih dari sekali: {fields}.',
    checkTitle: 'Hasil pemeriksaan',
    ready: 'siap dimasukkan',
    duplicates: 'sudah ada',
    refused: 'tidak dapat dimasukkan',
    accepted: 'diterima',
    left: 'menunggu',
    fileProblems: '{count} baris lampirannya tidak ada atau terlalu besar.',
    withoutFile: 'Bila lampiran tidak ada atau ditolak',
    send: 'masukkan surat tanpa lampiran itu',
    leave: 'tahan barisnya sampai lampirannya lengkap',
    start: 'Masukkan {count} surat',
    nothingToRun: 'Tidak ada baris baru yang dapat dimasukkan.',
    changeColumns: 'Ubah kolom',
    summary: 'Masalah menurut kolom',
    perRow: 'Masalah menurut baris',
    perRowHint: 'Baris 1 adalah baris pertama di bawah judul kolom. Isi sel hanya tampil di halaman ini.',
    page: 'Halaman {page} dari {pages}',
    previous: 'Sebelumnya',
    next: 'Berikutnya',
    runningTitle: 'Sedang memasukkan surat',
    runningLead: 'Anda boleh menutup halaman ini; impor tetap berjalan.',
    progress: '{done} dari {total} baris selesai',
    stop: 'Hentikan sementara',
    pausedTitle: 'Impor dihentikan sementara',
    pausedLead: 'Baris yang sudah diterima tetap tersimpan.',
    resume: 'Lanjutkan',
    doneTitle: 'Impor selesai',
    doneLead: 'Unduh hasilnya untuk melihat ID pelacakan tiap surat dan baris yang perlu diperbaiki.',
    result: 'Unduh hasil (CSV)',
    resultHint:
      'Perbaiki baris yang ditolak di berkas itu, lalu unggah lagi: yang sudah diterima tidak terulang.',
    erase: 'Hapus isi berkas sekarang',
    eraseHint: 'Isi berkas disimpan terenkripsi dan dihapus sendiri pada {until}.',
    erased: 'Isi berkas sudah dihapus; hasilnya tinggal nomor baris, status dan ID pelacakan.',
    conflict:
      'Tidak dapat dijalankan sekarang: impor lain dari instansi ini sedang berjalan, atau isi berkasnya sudah dihapus.',
    tooLarge: 'Berkas terlalu besar. Tabel paling besar 20 MB, ZIP paling besar 100 MB.',
    reload: 'Muat ulang halaman',
    back: 'Semua impor',
    noProblems: 'Tidak ada masalah.',
    problemTitle: 'Berkas belum dapat dipakai',
    states: {
      mapping: 'kolom belum dicocokkan',
      checked: 'sudah diperiksa',
      running: 'sedang berjalan',
      paused: 'dihentikan sementara',
      finished: 'selesai',
    },
  },
  en: {
    title: 'Import letters',
    lead: 'Bring in many letters at once from a table of Excel or CSV. The same file may be uploaded again: letters that were accepted are not entered twice.',
    table: 'Table of letters (.xlsx or .csv)',
    tableHint: 'One letter a row, headings in the first. At most 50,000 rows and 20 MB.',
    archive: 'ZIP of attachments (optional)',
    archiveHint: 'The column Attachments names the files, several separated by semicolons.',
    office: 'Agency whose book it is',
    officeHint: 'Leave it where the letters are your own agency’s.',
    officeUnknown: 'No agency of yours has this code.',
    upload: 'Upload',
    tableMissing: 'Choose the table first.',
    templates: 'A table to begin with:',
    past: 'Earlier imports',
    none: 'No imports yet.',
    rows: 'Rows',
    number: 'Row',
    columnsTitle: 'Match the columns',
    columnsLead: 'We guessed by the headings what each column is. Look at it, and change what is wrong.',
    column: 'Column',
    ignored: '— left aside —',
    ignoredTold: 'Columns left aside: {columns}.',
    check: 'Check all rows',
    missing: 'No column yet for: {fields}.',
    twice: 'Chosen more than once: {fields}.',
    checkTitle: 'What the check found',
    ready: 'ready',
    duplicates: 'known already',
    refused: 'cannot go',
    accepted: 'accepted',
    left: 'waiting',
    fileProblems: '{count} rows name a file that is missing or too large.',
    withoutFile: 'Where a file is missing or refused',
    send: 'enter the letter without it',
    leave: 'leave the row out until its files are complete',
    start: 'Enter {count} letters',
    nothingToRun: 'There is no new row that can go.',
    changeColumns: 'Change columns',
    summary: 'Problems by column',
    perRow: 'Problems by row',
    perRowHint: 'Row 1 is the first below the headings. What is in the cells is shown on this page only.',
    page: 'Page {page} of {pages}',
    previous: 'Previous',
    next: 'Next',
    runningTitle: 'Entering letters',
    runningLead: 'You may close this page; the import goes on.',
    progress: '{done} of {total} rows done',
    stop: 'Pause',
    pausedTitle: 'The import is paused',
    pausedLead: 'What was accepted stays.',
    resume: 'Go on',
    doneTitle: 'The import is done',
    doneLead: 'Download the result for the tracking ID of each letter and the rows to be mended.',
    result: 'Download the result (CSV)',
    resultHint: 'Mend the refused rows in that file and upload it again: what was accepted is not repeated.',
    erase: 'Delete the contents now',
    eraseHint: 'The contents are kept encrypted and deleted on {until}.',
    erased: 'The contents were deleted; the result has row numbers, states and tracking IDs only.',
    conflict: 'It cannot run now: another import of this agency is running, or its contents were deleted.',
    tooLarge: 'The file is too large. A table may have 20 MB, a ZIP 100 MB.',
    reload: 'Load the page again',
    back: 'All imports',
    noProblems: 'No problems.',
    problemTitle: 'The file cannot be used yet',
    states: {
      mapping: 'columns to be matched',
      checked: 'checked',
      running: 'running',
      paused: 'paused',
      finished: 'done',
    },
  },
};
