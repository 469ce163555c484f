/** Invented reports in the words people use, drawn so that no two are the same unless wanted. */

const places = [
  'Kec. Coblong, Kota Bandung',
  'Jl. Ahmad Yani Kota Bekasi',
  'Desa Sukamaju Kab. Tasikmalaya',
  'Kec. Rungkut Surabaya',
  'Kel. Tallo Kota Makassar',
  'Kec. Medan Johor, Kota Medan',
  'Kota Jayapura dekat pasar Youtefa',
  'Kab. Sleman, Ngaglik',
  'Kec. Ilir Barat I Palembang',
  'Samarinda Ulu',
  '',
];

const matters = [
  'Lampu jalan mati sudah {n} hari, gelap sekali kalau malam, rawan kecelakaan',
  'jln rusak parah byk lubang dlm, tolong diperbaiki sdh {n} kali motor jatuh',
  'Sampah tidak diangkut {n} hari, baunya sampai ke rumah warga RT {m}',
  'Air PDAM mati total dari jam {m} pagi, warga {n} RT tidak kebagian air',
  'Antrian KTP elektronik di kantor kecamatan {n} minggu blm jadi juga, blangko habis terus',
  'Puskesmas tutup padahal masih jam kerja, pasien {n} orang menunggu dari jam {m}',
  'Guru minta uang LKS {n} ribu per siswa di SD, katanya wajib. Apakah ini boleh?',
  'Bansos PKH bulan ini tidak cair utk {n} keluarga di RW {m}, mohon dicek datanya',
  'Parkir liar di depan pasar, tarif {n} ribu tanpa karcis',
  'Banjir setinggi {n} cm setiap hujan karena selokan mampet di gang {m}',
  'Petugas minta {n}00 ribu utk urus sertifikat tanah, minta tolong ditindak',
  'Bagaimana cara mengurus akta kelahiran anak ke-{m}? sudah {n} kali ditolak',
];

/** The `index`-th sample; the same index gives the same text. */
export function sampleText(index: number): string {
  const matter = matters[index % matters.length] ?? '';
  const place = places[Math.floor(index / matters.length) % places.length] ?? '';
  const told = matter.replaceAll('{n}', String(2 + (index % 17))).replaceAll('{m}', String(1 + (index % 11)));
  return `${told}. ${place}. Nomor tiang ${index}`;
}

export function sampleBody(index: number): string {
  return JSON.stringify({
    kind: index % 9 === 0 ? 'aspiration' : 'complaint',
    text: sampleText(index),
    reporter: { name: `Warga ${index}`, phone: `0812${String(10_000_000 + index).slice(-8)}` },
    consent: true,
  });
}
