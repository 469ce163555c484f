import type { Submission } from '../../domain/submission.ts';
import type { PostStory } from './post-stories.ts';

/**
 * What the demo sends: invented people with complaints as people write them. The number in each text differs from run
 * to run, so that the second demo of a day does not consist of duplicates of the first.
 */

export type Way = 'web' | 'sms/generic' | 'sms/kannel' | PostStory['way'];

export type Story =
  | { readonly way: 'web'; readonly submission: Submission }
  | { readonly way: 'sms/generic' | 'sms/kannel'; readonly from: string; readonly text: string }
  | PostStory;

/**
 * The same story twice is one message that its provider, or an impatient thumb, sent again. Without `withEmail` nobody gives
 * an address.
 */
export function listStories(run: number, withEmail: boolean): readonly Story[] {
  const email = (address: string) => (withEmail ? { email: address } : {});
  const web = (
    submission: Omit<Submission, 'kind' | 'consent'> & Partial<Pick<Submission, 'kind'>>,
  ): Story => ({
    way: 'web',
    submission: { kind: 'complaint', ...submission, consent: true },
  });
  const generic = (from: string, text: string): Story => ({ way: 'sms/generic', from, text });
  const kannel = (from: string, text: string): Story => ({ way: 'sms/kannel', from, text });

  const lamps = `Lampu jalan di Jl. Cisitu Indah Kec. Coblong, Kota Bandung (tiang no ${run}) mati sudah 3 minggu, gelap sekali kalau malam`;
  const road = `TANGKAB jln rusak parah dkt psr Tigaraksa dpn tiang listrik ${run}, byk lubang dlm, sdh 2 motor jatuh. mhn sgr dperbaiki`;
  const water = `Air PDAM mati 4 hr di Kel. Tallo Kota Makassar, pelanggan no ${run}, warga beli air galon trs`;
  const flood = kannel(
    '+6281340005517',
    `Banjir 😭 sepinggang di Kel. Bugangan Kota Semarang, pompa no ${run} tdk jalan. tolong pak 🙏`,
  );
  const rubbish = `Sampah tdk diangkut 2 mggu di Kec Rungkut Surabaya dkt tiang ${run}, bau busuk smp rumah`;
  const clinic = web({
    title: 'Puskesmas tutup di jam kerja',
    text: `Puskesmas tutup jam 10 pagi padahal masih banyak pasien. Kartu berobat saya no ${run}. Dokter tidak ada.`,
    place: { text: 'Kecamatan Ngaglik, Kabupaten Sleman' },
    reporter: { name: 'Wahyu Prasetyo', phone: '0812-0000-4411' },
  });

  return [
    web({ title: 'Lampu jalan mati', text: lamps, reporter: { name: 'Siti Rohmah', phone: '081299990000' } }),
    kannel('081234500417', road),
    generic('+6285712345678', rubbish),
    clinic,
    generic(
      '081398765432',
      `KABBDG lampu jln mati sdh 3mggu di jl raya soreang tiang ${run}, rawan begal. trims`,
    ),
    web({ text: lamps.toUpperCase(), reporter: { name: 'Dadan Suhendar', ...email('dadan.s@example.com') } }),
    kannel('6282199887701', water),
    web({
      title: 'Setoran untuk rapor',
      text: `Kepala SDN di Kab. Tasikmalaya minta setoran ${run} ribu ke tiap wali murid supaya rapor dibagikan.`,
      confidential: true,
      reporter: { name: 'Nurhayati', phone: '085200001234' },
    }),
    flood,
    // the same person writes the same once more
    generic('+6285712345678', rubbish),
    generic('085711223344', road),
    web({
      title: 'Bansos dipotong',
      text: `Bansos PKH (KKS no ${run}) di Desa Sukorejo, Kab. Jember dipotong 100 ribu per keluarga oleh perangkat desa.`,
      anonymous: true,
    }),
    web({
      kind: 'information_request',
      text: `Apa syarat pindah KK ke Kota Yogyakarta? Nomor antrian online saya ${run} tidak pernah dipanggil.`,
      reporter: { name: 'Ratna Dewi', ...email('ratna@example.com') },
    }),
    clinic,
    kannel(
      '081255667788',
      `Slmt siang pak, ktp sy di disdukcapil kab bogor sdh 4 bln blm jadi2, resi ${run}. blanko habis trs`,
    ),
    web({
      kind: 'aspiration',
      title: 'Taman bermain anak',
      text: `Usul taman bermain anak di lahan kosong bekas gudang ${run}, Kec. Medan Johor, Kota Medan. Anak-anak bermain di jalan.`,
    }),
    generic('087812340099', water),
    web({
      title: 'Jalan tol bergelombang',
      text: `Jalan tol Jakarta-Cikampek dekat rambu ${run} bergelombang dan berlubang, berbahaya malam hari.`,
      place: { text: 'Tol Jakarta-Cikampek' },
    }),
    flood,
    generic(
      '+6281277001122',
      `Pupuk subsidi langka di Kab Grobogan sdh 2 bln, kios no ${run} jual di atas HET`,
    ),
    web({
      title: 'Antrean paspor',
      text: `Kuota antrean paspor online selalu habis dalam satu menit. Nomor permohonan saya di Kantor Imigrasi ${run}.`,
      reporter: { name: 'Yohanes Wenda', phone: '+62 811-480-0055' },
    }),
    kannel(
      '085244556677',
      `Kpd yth, guru SDN di Kota Jayapura jarang masuk, kls kosong trus (npsn ${run}). ank2 cm main`,
    ),
    web({
      title: 'Tidak ada jawaban',
      text: `Mohon segera ditindaklanjuti, sudah lama sekali tidak ada jawaban. Nomor tiket saya ${run}.`,
    }),
    web({
      title: 'Parkir liar',
      text: `Parkir liar menutup trotoar depan Pasar Gede, tarif 10 ribu tanpa karcis, juru parkir nomor ${run}.`,
      place: { text: 'Pasar Gede, Kota Surakarta', lat: -7.5689, lon: 110.8318, areaCode: '33.72' },
    }),
    generic(
      '081311119999',
      `Mhn info jadwal vaksin HPV utk ank sd kls 5 di kota palembang, kartu sy no ${run}`,
    ),
  ];
}
