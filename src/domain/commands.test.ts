import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readText } from './commands.ts';
import { formatTrackingId, mintTrackingId } from './tracking-id.ts';

const id = '869931144244';

describe('a command', () => {
  it.each([
    'STATUS 869931144244',
    'status 8699-3114-4244',
    'status: 8699 3114 4244',
    'STATUS#869931144244',
    'Status 8699.3114.4244.',
    ' *Status*\n8699-3114-4244\n',
    'Status laporan saya no. 8699 3114 4244 ya pak, terima kasih',
    'cek 869931144244',
    'STATUS 8699–3114–4244 kapan selesai?',
    '8699-3114-4244',
    'ID: 8699 3114 4244',
    '#869931144244',
    '8699\n3114\n4244',
  ])('%j asks for the status', (text) => {
    expect(readText(text)).toEqual({ command: { kind: 'status', trackingId: id, language: 'id' } });
  });

  it('that asks for the status and tells more besides is told to the agency', () => {
    expect(
      readText('STATUS 869931144244 kok belum ada tindakan, tadi malam ada yang jatuh lagi'),
    ).toMatchObject({
      command: {
        kind: 'add',
        trackingId: id,
        text: 'kok belum ada tindakan, tadi malam ada yang jatuh lagi',
      },
    });
  });

  it.each([
    ['TAMBAH 869931144244 lubangnya makin dalam', 'lubangnya makin dalam', 'id'],
    ['Tambah 869931144244, lubangnya makin dalam', 'lubangnya makin dalam', 'id'],
    ['tambahan laporan 8699-3114-4244:\nlubangnya makin dalam', 'lubangnya makin dalam', 'id'],
    ['tambah 8699 3114 4244 2 lampu lagi mati', '2 lampu lagi mati', 'id'],
    ['Tambahkan ke laporan 869931144244 - (foto menyusul)', '(foto menyusul)', 'id'],
    ['ADD 869931144244 the hole is deeper now', 'the hole is deeper now', 'en'],
  ])('%j adds to the report', (text, added, language) => {
    expect(readText(text)).toEqual({
      command: { kind: 'add', trackingId: id, text: added, anonymous: false, confidential: false, language },
    });
  });

  it.each(['TAMBAH 869931144244 RAHASIA pelakunya lurah', 'RAHASIA tambah 869931144244 pelakunya lurah'])(
    '%j adds in confidence',
    (text) => {
      expect(readText(text)).toMatchObject({
        command: { kind: 'add', text: 'pelakunya lurah', confidential: true, anonymous: false },
      });
    },
  );

  it.each([
    ['NILAI 869931144244 5', 5, 'id'],
    ['nilai 8699-3114-4244 5', 5, 'id'],
    ['Nilai 8699 3114 4244: 4', 4, 'id'],
    ['nilai 8699-3114-4244-3', 3, 'id'],
    ['Beri nilai 869931144244 = 2/5', 2, 'id'],
    ['nilai 869931144244 bintang 5', 5, 'id'],
    ['nilai 5 untuk 8699-3114-4244', 5, 'id'],
    ['RATE 869931144244 1', 1, 'en'],
  ])('%j rates the outcome', (text, rating, language) => {
    expect(readText(text)).toEqual({ command: { kind: 'rate', trackingId: id, rating, language } });
  });

  it.each(['NILAI 869931144244 6', 'NILAI 869931144244 0', 'nilai 869931144244 10', 'nilai 8699-3114-4244'])(
    '%j needs a number from 1 to 5',
    (text) => expect(readText(text)).toEqual({ command: { kind: 'rating_range', language: 'id' } }),
  );

  it.each([
    ['BANTUAN', 'id'],
    ['bantuan?', 'id'],
    ['Info', 'id'],
    ['?', 'id'],
    ['Bantuan dong min', 'id'],
    ['HELP', 'en'],
    ['help please!', 'en'],
    ['TAMBAH 869931144244', 'id'],
  ])('%j asks how', (text, language) => {
    expect(readText(text)).toEqual({ command: { kind: 'help', language } });
  });

  it.each([
    'STATUS 869931144245',
    'STATUS 8699-3114-424',
    'status 8699311442441',
    'STATUS 081234567890',
    '8699-3114-4245',
    '86993114424',
    'TAMBAH 869931144245 lubangnya makin dalam',
    'nilai 869931144245 5',
    'NILAI 8699-3114-424 5',
  ])('%j has a wrong digit', (text) => {
    expect(readText(text)).toEqual({ command: { kind: 'wrong_id', language: 'id' } });
  });

  it('is found with any ID, in any writing', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 89 * 10 ** 9 - 1 }),
        fc.constantFrom(' ', ': ', '#', '\n', ', ', ' no. ', ' laporan '),
        fc.constantFrom('', '.', '!', '\n', ' ya', ' terima kasih pak'),
        fc.boolean(),
        (number, between, after, grouped) => {
          const trackingId = mintTrackingId(() => number);
          const typed = grouped ? formatTrackingId(trackingId) : trackingId;
          for (const word of ['STATUS', 'status', 'StAtUs']) {
            expect(readText(word + between + typed + after)).toMatchObject({
              command: { kind: 'status', trackingId },
            });
          }
        },
      ),
    );
  });
});

describe('a report', () => {
  it.each([
    'Status jalan di depan SD kami masih rusak',
    'Status tanah 2 ha di desa kami tidak jelas',
    'Status laporan saya belum jelas, sudah 3 minggu',
    'Tambah lampu jalan di gg Mawar, gelap sekali',
    'Tambah 2 lampu di Jl Melati dong pak',
    'Tambahan dana BOS belum cair sejak 2025',
    'Nilai sekolah anak saya tidak keluar',
    'Nilai 85 untuk pelayanan kelurahan, tapi WC kotor',
    'Bantuan sosial belum cair',
    'Bantuan 600000 dipotong RT',
    'Info lowongan palsu mengatasnamakan pemda',
    'Help desk PLN tidak menjawab',
    'Cek jalan di Kec Coblong pak, berlubang',
    'Rating hotel pemda jelek, kamarnya bocor',
    'Add maths teacher missing at SMP 3',
    '0812-3456-7890',
    '6281234567890',
    '3273012345678901',
    '150000',
    'TANGKAB jalan rusak di Balaraja',
    'Jalan rusak, status 869931144244 katanya selesai padahal belum',
    '',
  ])('%j is one, word for word', (text) => {
    expect(readText(text)).toEqual({ report: { text, anonymous: false, confidential: false } });
  });

  it.each([
    ['RAHASIA kepala desa minta uang', 'kepala desa minta uang', false, true],
    ['rahasia: kepala desa minta uang', 'kepala desa minta uang', false, true],
    ['Confidential - the headmaster sells seats', 'the headmaster sells seats', false, true],
    ['ANONIM sampah dibakar tiap malam', 'sampah dibakar tiap malam', true, false],
    ['anonymous. garbage burnt every night', 'garbage burnt every night', true, false],
    ['RAHASIA ANONIM TANGKAB pungli di SD', 'TANGKAB pungli di SD', true, true],
    ['TANGKAB RAHASIA pungli di SD', 'TANGKAB pungli di SD', false, true],
    ['RAHASIA', 'RAHASIA', false, true],
    // in doubt secret, and no word is lost
    ['Rahasia negara dijual pegawai', 'Rahasia negara dijual pegawai', false, true],
    ['DOKUMEN RAHASIA DIJUAL PEGAWAI', 'DOKUMEN RAHASIA DIJUAL PEGAWAI', false, true],
    [
      'Rahasia umum bahwa parkir di sini tanpa karcis',
      'Rahasia umum bahwa parkir di sini tanpa karcis',
      false,
      false,
    ],
    ['Rahasianya parkir liar itu setor', 'Rahasianya parkir liar itu setor', false, false],
    ['Anonimitas pelapor bocor di kelurahan', 'Anonimitas pelapor bocor di kelurahan', false, false],
  ])('%j says who may read it', (text, rest, anonymous, confidential) => {
    expect(readText(text)).toEqual({ report: { text: rest, anonymous, confidential } });
  });

  it('of any text loses nothing but what says who may read it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (words) => {
        const reading = readText(`Pak, ${words}`);
        expect(reading).toMatchObject({ report: { text: `Pak, ${words}` } });
      }),
    );
  });

  it('as long as they come takes no time', () => {
    for (const piece of ['9', '9 ', '- ', 'RAHASIA ', 'status ', 'ya ', '((', 'laporan ', '\n']) {
      const work = () => {
        for (const word of ['', 'status ', 'nilai ', 'tambah '])
          readText(word + piece.repeat(20_000 / piece.length));
      };
      expect(cpuMs(work)).toBeLessThan(500);
    }
  });

  it.each([
    ['NILAI 5', ' ', 'x'],
    ['NILAI 5 bintang', ' ,', 'x'],
    ['NILAI 5', ' ', '/ 5'],
    ['NILAI 5 /', ' ', 'x'],
    ['NILAI 8699-3114-4244', ' ', 'x'],
    ['NILAI 8699-3114-4244 bintang', ' ', 'x'],
    ['STATUS 8699-3114-4244', ' ya', 'x'],
    ['STATUS 8699-3114-4244', ' yyy', '0'],
    ['STATUS ', 'y', '0'],
    ['BANTUAN', ' terima', 'x'],
    ['TAMBAH 8699-3114-4244', ' :', ''],
    ['TAMBAH ', 'laporan no ', 'x'],
    ['TAMBAH ', '1 - ', 'x'],
    ['RAHASIA', ' :', 'negara'],
    ['', 'rahasia anonim ', 'umum'],
    ['', ' ', 'TANGKAB RAHASIA'],
    ['TANGKAB', ' ', 'x'],
  ])('%j, then 200,000 characters of %j and %j, is read in no time', (beginning, piece, end) => {
    const text = beginning + piece.repeat(200_000 / piece.length) + end;
    expect(cpuMs(() => readText(text))).toBeLessThan(500);
  });

  it('cuts what is added where a report would be', () => {
    const reading = readText(`TAMBAH ${id} ${'gelap '.repeat(5_000)}`);
    expect(reading).toMatchObject({ command: { kind: 'add', text: expect.stringMatching(/^.{20000}$/) } });
  });
});

/** What it costs, however busy the machine is: of a text that is read again and again it would be seconds. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
