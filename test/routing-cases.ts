/** What somebody wrote, the agency it belongs to, and the topic or the beginning of it; null where none can be told. */
export type RoutingCase = readonly [text: string, agency: string, topic: string | null];

/** As SMS, as people write them. Names of people are invented. */
export const smsCases: readonly RoutingCase[] = [
  // an area keyword first
  [
    'TANGKAB jln rsk parah di desa sukamulya sdh 2 thn tdk diperbaiki',
    'D36.03',
    'pekerjaan-umum.jalan-berlubang',
  ],
  ['tangkot sampah numpuk dpn ps anyar bau bgt', 'D36.71', 'lingkungan.pengelolaan-sampah'],
  ['BDGKOT lampu pju mati di jl dipatiukur', 'D32.73', 'perhubungan.lampu-penerangan-jalan-umum'],
  ['BDGKAB: banjir lagi di dayeuhkolot', 'D32.04', 'lingkungan.banjir'],
  ['KOTABANDUNG#trotoar dipakai pkl', 'D32.73', null],
  ['Kab. Garut ktp sy blm jadi2', 'D32.05', 'kependudukan.ktp'],
  ['SBY pohon rawan tumbang dkt sekolah', 'D35.78', 'pekerjaan-umum.taman'],
  ['solo macet parah di flyover purwosari', 'D33.72', 'perhubungan'],
  ['pemkot makassar tolong angkut sampah di jl pettarani', 'D73.71', 'lingkungan.pengelolaan-sampah'],
  ['kota batu macet tiap weekend', 'D35.79', 'perhubungan'],
  ['TANGSEL air pdam mati 4 hr', 'D36.74', 'energi.gangguan-layanan-penyaluran-air'],
  ['bandung jln berlubang dpn pasar', 'D32.73', 'pekerjaan-umum.jalan-berlubang'],
  ['JABAR jln rusak di cikajang garut', 'D32.05', 'pekerjaan-umum.jalan-berlubang'],
  ['batu besar menutup jalan stlh longsor', 'nasional', 'lingkungan.longsor'],

  // the place in the text, the matter local
  ['Jalan rusak di Kec. Coblong Bandung, tolong diperbaiki', 'D32.73', 'pekerjaan-umum.jalan-berlubang'],
  ['jln rusak di desa sukamaju kec cilodong kota depok', 'D32.76', 'pekerjaan-umum.jalan-berlubang'],
  [
    'Sampah menumpuk dekat pasar Cibinong Kab Bogor sdh seminggu tdk diangkut',
    'D32.01',
    'lingkungan.pengelolaan-sampah',
  ],
  ['sampah gak diangkut2 di bojongsoang kab bandung', 'D32.04', 'lingkungan.pengelolaan-sampah'],
  ['KTP saya sdh 1 thn blm jadi di disdukcapil kab. Garut', 'D32.05', 'kependudukan.ktp'],
  ['Pupuk subsidi langka di kab Grobogan, petani menjerit', 'D33.15', 'pertanian.pupuk'],
  ['Banjir rob di kec genuk semarang sudah 3 hari', 'D33.74', 'lingkungan.banjir'],
  ['guru minta uang perpisahan 500rb di SDN 3 Cibadak sukabumi', 'D32.02', 'pendidikan.biaya-sekolah'],
  ['Parkir liar di jl. Malioboro Jogja makin parah', 'D34.71', 'perhubungan.parkir-liar'],
  ['lampu merah mati di perempatan kentungan sleman', 'D34.04', 'perhubungan'],
  [
    'tetangga dipukuli suaminya tiap malam, Kelurahan Menteng Dalam Jakarta Selatan',
    'D31.74',
    'inklusi-sosial',
  ],
  ['Kebayoran Lama banjir terus tiap hujan gorong2 mampet', 'D31.74', null],
  ['pohon tumbang di cengkareng', 'D31.73', 'pekerjaan-umum.taman'],
  ['THR blm dibayar perusahaan di karawang', 'D32.15', 'ketenagakerjaan.gaji-pekerja'],
  ['Gaji 3 bln tdk dibayar PT di kawasan Jababeka kab bekasi', 'D32.16', 'ketenagakerjaan.gaji-pekerja'],
  ['Saya dari Medan kerja di Batam, gaji tidak dibayar', 'D21.71', 'ketenagakerjaan.gaji-pekerja'],
  ['PKH ibu saya dipotong pendamping 200rb di kec. Ngasem kab Kediri', 'D35.06', 'sosial.pkh'],
  [
    'Warga Desa Tambakrejo Kecamatan Waru Sidoarjo mengeluhkan bau limbah pabrik',
    'D35.15',
    'lingkungan.pencemaran',
  ],
  ['saya tinggal di metro lampung, jalan kampung rusak', 'D18.72', 'pekerjaan-umum.jalan-berlubang'],
  ['kab banjar kalsel banjir bantuan belum datang', 'D63.03', 'lingkungan.banjir'],
  ['Jln. Raya Parung Kab. Bogor rusak', 'D32.01', 'pekerjaan-umum.jalan-berlubang'],
  ['dinas pendidikan kab. lebak tidak cairkan gaji guru honorer', 'D36.02', 'ketenagakerjaan.tenaga-honorer'],
  [
    'Lokasi: Perumahan Taman Harapan Baru, Bekasi Utara, banjir setinggi lutut',
    'D32.75',
    'lingkungan.banjir',
  ],
  ['Di Kuningan, Jakarta Selatan trotoar dipakai parkir', 'D31.74', null],
  [
    'jembatan gantung putus di kec. Bayah Lebak anak sekolah nyebrang kali',
    'D36.02',
    'pekerjaan-umum.jembatan',
  ],
  ['dana desa dikorupsi kades di kec Kuta Baro Aceh Besar', 'D11.06', 'desa.penyalahgunaan-dana-desa'],
  ['Disdukcapil Kota Medan persulit urus akte kelahiran', 'D12.71', 'kependudukan.akta-kelahiran'],
  ['perawat puskesmas judes di kec. Kawalu tasikmalaya', 'D32.78', 'kesehatan'],
  ['saluran irigasi rusak sawah kering di kab. Subang', 'D32.13', 'pertanian.irigasi'],
  [
    'rumah sy reyot mau roboh mohon bedah rumah, ds. Pucung kec. Tirto kab. Pekalongan',
    'D33.26',
    'pekerjaan-umum.permukiman',
  ],
  ['bansos ga pernah dpt pdhl janda miskin, kel. Kebon Jeruk jakbar', 'D31.73', 'sosial.bantuan-sosial'],
  ['pkl di trotoar alun2 kota Madiun', 'D35.77', 'ketertiban.ketertiban-umum'],
  ['sound horeg tiap malam minggu di Malang berisik', 'D35.73', 'ketertiban.keresahan-masyarakat'],
  ['tagihan pdam naik 3x lipat di kota Padang', 'D13.71', 'energi.biaya-tarif-pdam'],
  ['pungli surat tanah di kantor desa, kec. Rumpin bogor', 'D32.01', null],
  ['fogging dong byk yg kena dbd di kec Kuta Selatan Badung', 'D51.03', 'kesehatan.fogging'],
  ['tiang wifi mau roboh dpn rmh sy di ciputat tangsel', 'D36.74', 'tik.tiang'],
  ['PBB naik 300 persen di kabupaten Pati', 'D33.18', 'ekonomi.pajak-daerah'],

  // the place alone
  ['Saya warga Kabupaten Serang mau mengadu', 'D36.04', null],
  ['Dinas PUPR Kab Serang tidak menanggapi laporan kami', 'D36.04', null],
  ['Bupati Bandung Barat tolong perhatikan gununghalu', 'D32.17', null],

  // matters of the province
  ['Pungli SMA negeri 1 Klaten, uang komite wajib 3 juta', 'P33', 'pendidikan.biaya-sekolah'],
  ['jalan provinsi di kabupaten Sumedang longsor', 'P32', null],
  ['di kantor samsat jaktim banyak calo, urus pajak motor dimintai 300rb', 'P31', 'ekonomi.pajak-daerah'],
  ['Papua jalan rusak', 'P91', 'pekerjaan-umum.jalan-berlubang'],

  // matters of a central agency, wherever they are
  ['mau bikin paspor di kanim bandung antri online penuh terus', 'K57', 'politik-hukum.paspor'],
  ['BPJS saya nonaktif padahal rutin bayar iuran', 'K9', 'kesehatan'],
  ['listrik padam terus tiap malam di kec. Amarasi kab Kupang', 'K4', 'energi.pemadaman-listrik'],
  ['pln banjarmasin kenapa mati lampu terus', 'K4', 'energi.pemadaman-listrik'],
  ['pinjol ilegal teror saya tiap hari nyebar data ke kontak', 'K65', 'ekonomi'],
  ['blokir situs judi online ini dong slot gacor', 'K65', 'tik.perjudian-online'],
  ['jalan nasional Pantura di Indramayu rusak berat banyak lobang', 'K73', 'pekerjaan-umum.jalan-berlubang'],
  ['anak sy keracunan mbg di SMPN 2 Banjar', 'L112', 'mbg'],
  ['jual sabu di kampung bahari jakut', 'L8', 'narkotika'],
  ['sertifikat tanah PTSL blm jadi sejak 2019 di BPN Bekasi', 'K38', 'pekerjaan-umum.sertifikat-tanah'],
  ['SIM hilang urus di polres malah dimintai uang 500rb', 'L47', 'ketertiban.surat-izin-mengemudi'],
  ['oknum polisi pungli di pos lantas simpang lima semarang', 'L47', 'ketertiban.kepolisian'],
  ['tki di malaysia tidak digaji majikan', 'K61', 'ketenagakerjaan'],
  ['nunggu haji 20 tahun, porsi haji sy hilang', 'K75', 'agama.haji-umroh'],
  ['gas melon 3 kg langka harga 30rb di Cianjur', 'K4', 'energi.kelangkaan-bbm-elpiji'],
  ['honorer kami tidak masuk database pppk', 'L3', 'ketenagakerjaan'],
  ['tes cpns di kemenkumham curang', 'L3', 'ketenagakerjaan.cpns'],
  ['kereta api terlambat 2 jam tanpa pemberitahuan', 'K26', 'perhubungan'],
  ['npwp saya tdk bisa login coretax', 'K10', 'ekonomi.pajak'],
  ['cairkan jht bpjs ketenagakerjaan kok lama', 'K34', 'ketenagakerjaan'],
  ['tdk ada sinyal telkomsel di desa kami Kab. Nabire', 'K65', 'tik.jaringan-internet'],
  ['pungli di lapas kelas 2 Cirebon jenguk suami bayar 50rb', 'K57', 'politik-hukum.lembaga-pemasyarakatan'],
  ['skincare merkuri dijual bebas di toko online', 'L15', 'kesehatan.pengawasan-obat-makanan'],
  ['hutan digunduli pembalakan liar di Ketapang', 'K74', 'lingkungan.penebangan-liar'],
  ['ukt kampus negeri naik gila2an', 'K59', 'pendidikan'],

  // named in the text and nothing else to go by
  ['Kementerian PU tolong', 'K73', null],
  ['mohon ombudsman turun tangan', 'L43', null],

  // not enough to go by
  ['tolong', 'nasional', null],
  ['Saya mau tanya', 'nasional', null],
  ['Desa Sukamaju', 'nasional', null],
  ['Jalan Surabaya di depan kantor saya rusak', 'nasional', null],
  ['pohon mau tumbang dpn sekolah tlg dipotong', 'nasional', 'pekerjaan-umum.taman'],
  [
    'Sdr Agung Wibowo pegawai kelurahan minta uang 100rb utk tanda tangan',
    'nasional',
    'politik-hukum.pungutan-liar',
  ],
  ['Proyek jalan tidak selesai, material dibiarkan di pinggir jalan', 'nasional', 'pekerjaan-umum'],
  ['Rakyat batu minta keadilan', 'nasional', null],
  ['sampah di desa karanganyar numpuk', 'nasional', 'lingkungan.pengelolaan-sampah'],
  ['rekening saya diblokir bank tanpa alasan', 'nasional', 'ekonomi.perbankan'],
  ['asdf qwerty 123', 'nasional', null],
  ['😭😭😭', 'nasional', null],
];

/** Two fields of the web form: what was written, and the place given beside it. */
export const placeCases: readonly (readonly [text: string, place: string, agency: string])[] = [
  [
    'Jalan depan rumah berlubang',
    'Jl. Merdeka, Kel. Babakan Ciamis, Kec. Sumur Bandung, Kota Bandung',
    'D32.73',
  ],
  ['Jalan depan rumah berlubang', 'Kec. Coblong', 'D32.73'],
  ['TPS liar, sampah berserakan', 'Kelurahan Margajaya Kec. Bekasi Selatan', 'D32.75'],
  ['TPS liar, sampah berserakan', 'Marga Jaya, Bekasi Selatan', 'D32.75'],
  ['Lampu jalan mati', 'Ds. Sukasari Kec. Cilaku Cianjur', 'D32.03'],
  ['Saya orang Surabaya. Jembatan rusak di kampung orang tua saya', 'Kec. Dolopo, Kab. Madiun', 'D35.19'],
  ['Banjir', 'entah di mana', 'nasional'],
];
