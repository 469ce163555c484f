import type { Language } from '../../messages/language.ts';
import type { Refusal } from './seek-post.ts';

export type PostPageWords = {
  readonly title: string;
  readonly lead: string;
  readonly open: {
    readonly title: string;
    readonly lead: string;
    readonly address: string;
    readonly addressHint: string;
    readonly send: string;
    readonly refusedTitle: string;
    readonly refused: Readonly<Record<Refusal, string>>;
    readonly ordered: string;
    readonly reload: string;
    readonly filed: string;
    readonly held: string;
    readonly failed: string;
  };
  readonly viral: {
    readonly title: string;
    readonly none: string;
    readonly since: string;
    readonly posts: string;
    readonly count: string;
  };
  readonly gone: {
    readonly title: string;
    readonly lead: string;
    readonly none: string;
    readonly what: string;
    readonly seen: string;
  };
  readonly agency: string;
  readonly source: {
    readonly title: string;
    /** What each source is to staff, by its name. */
    readonly names: Readonly<Record<string, string>>;
    readonly off: string;
    readonly today: string;
    readonly month: string;
    readonly posts: string;
    readonly dollars: string;
    readonly postsUnlimited: string;
    readonly dollarsUnlimited: string;
    readonly connected: string;
    readonly never: string;
    readonly trouble: string;
    readonly troubleSince: string;
    readonly calm: string;
    readonly unseen: string;
    /** By the names that sources give them. */
    readonly alarms: Readonly<Record<string, string>>;
    readonly otherAlarm: string;
  };
};

/** The words of the page about posts on X; ICU message syntax. */
export const postWords: Readonly<Record<Language, PostPageWords>> = {
  id: {
    title: 'Unggahan di X',
    lead: 'Kasus yang ramai diunggah dalam satu jam, dan unggahan yang sudah dihapus pemiliknya.',
    open: {
      title: 'Jadikan unggahan sebuah laporan',
      lead: 'Untuk unggahan yang tidak menyebut kita, tetapi perlu ditangani. Setiap pencarian memakai anggaran.',
      address: 'Alamat unggahan',
      addressHint: 'Salin dari X, misalnya https://x.com/nama/status/1234567890123456789',
      send: 'Jadikan laporan',
      refusedTitle: 'Belum dijadikan laporan',
      refused: {
        invalid: 'Ini bukan alamat sebuah unggahan. Buka unggahannya di X, lalu salin alamatnya.',
        gone: 'Unggahan ini tidak dapat dibaca: sudah dihapus, atau akunnya dikunci atau ditutup.',
        spent: 'Anggaran untuk membaca X sudah habis. Keadaannya ada di bawah.',
        away: 'X tidak dapat dihubungi sekarang. Coba lagi dalam beberapa menit.',
        off: 'Kanal X belum diaktifkan di sistem ini.',
      },
      ordered: 'Unggahan itu sedang dijadikan laporan. Biasanya selesai dalam beberapa detik.',
      reload: 'Muat ulang',
      filed: 'Unggahan itu sudah menjadi laporan dengan ID pelacakan',
      held: 'Unggahan itu sudah menjadi laporan dan menunggu diperiksa petugas sebelum diteruskan.',
      failed: 'Unggahan itu tidak dapat dijadikan laporan.',
    },
    viral: {
      title: 'Kasus viral',
      none: 'Tidak ada kasus yang viral.',
      since: 'Viral sejak',
      posts: 'Unggahan dalam satu jam',
      count: '{count, plural, other {# unggahan}}',
    },
    gone: {
      title: 'Unggahan yang sudah tidak ada',
      lead: 'Salinan publiknya sudah ditarik; laporannya tetap berlaku dan instansinya diberi tahu. Unggahan yang muncul kembali tidak dipulihkan.',
      none: 'Tidak ada.',
      what: 'Unggahan aslinya tidak ada lagi',
      seen: 'Diketahui',
    },
    agency: 'Instansi',
    source: {
      title: 'Keadaan sumber',
      names: { 'twitter/search': 'Pencarian', 'twitter/stream': 'Aliran langsung' },
      off: 'Kanal X belum diaktifkan: TWITTER_BEARER_TOKEN belum diatur.',
      today: 'Anggaran hari ini (UTC)',
      month: 'Anggaran bulan ini (UTC)',
      posts: '{spent, number} dari {limit, number} unggahan',
      dollars: '{spent, number, ::currency/USD} dari {limit, number, ::currency/USD}',
      postsUnlimited: '{spent, number} unggahan, tanpa batas',
      dollarsUnlimited: '{spent, number, ::currency/USD}, tanpa batas',
      connected: 'Terakhir tersambung',
      never: 'belum pernah',
      trouble: 'Gangguan',
      troubleSince: 'sejak {moment}',
      calm: 'Tidak ada peringatan.',
      unseen:
        '{count, plural, other {# unggahan}} lebih dari sehari tidak dapat diperiksa keberadaannya: bila sudah dihapus, salinan publiknya masih terlihat.',
      alarms: {
        budget: 'Anggaran hampir atau sudah habis',
        credits: 'Kredit di X habis',
        credentials: 'Kunci untuk X tidak diterima',
        behind: 'Pencarian tertinggal',
        lost: 'Ada unggahan yang tidak sempat dibaca',
        missing: 'X menghitung unggahan yang tidak diberikannya',
        stream: 'Aliran langsung terganggu',
      },
      otherAlarm: 'Peringatan',
    },
  },
  en: {
    title: 'Posts on X',
    lead: 'Cases that many posted about within an hour, and posts that their authors deleted.',
    open: {
      title: 'Make a post a report',
      lead: 'For a post that does not call us and needs somebody to act. Each look uses up some of the budget.',
      address: 'Address of the post',
      addressHint: 'Copied from X, such as https://x.com/name/status/1234567890123456789',
      send: 'Make it a report',
      refusedTitle: 'Not made a report yet',
      refused: {
        invalid: 'This is not the address of a post. Open the post on X and copy its address.',
        gone: 'This post cannot be read: it was deleted, or its account is protected or closed.',
        spent: 'What may be spent on reading X is spent. How it stands is below.',
        away: 'X cannot be reached now. Try again in some minutes.',
        off: 'The channel X is not set up here.',
      },
      ordered: 'That post is being made a report. As a rule it takes some seconds.',
      reload: 'Load again',
      filed: 'That post is a report, under the tracking ID',
      held: 'That post is a report now, and waits for staff to look at it before it is forwarded.',
      failed: 'That post could not be made a report.',
    },
    viral: {
      title: 'Viral cases',
      none: 'No case is viral.',
      since: 'Viral since',
      posts: 'Posts within an hour',
      count: '{count, plural, one {# post} other {# posts}}',
    },
    gone: {
      title: 'Posts that are there no more',
      lead: 'Nothing of them is public any more; the reports stand and their agencies were told. A post that comes back is not restored.',
      none: 'None.',
      what: 'The original post is there no more',
      seen: 'Seen',
    },
    agency: 'Agency',
    source: {
      title: 'State of the source',
      names: { 'twitter/search': 'Search', 'twitter/stream': 'Stream' },
      off: 'The channel X is off: TWITTER_BEARER_TOKEN is not set.',
      today: "Today's budget (UTC)",
      month: "This month's budget (UTC)",
      posts: '{spent, number} of {limit, number} posts',
      dollars: '{spent, number, ::currency/USD} of {limit, number, ::currency/USD}',
      postsUnlimited: '{spent, number} posts, without a limit',
      dollarsUnlimited: '{spent, number, ::currency/USD}, without a limit',
      connected: 'Connected last',
      never: 'never',
      trouble: 'Trouble',
      troubleSince: 'since {moment}',
      calm: 'No alarms.',
      unseen:
        '{count, plural, one {# post} other {# posts}} could not be looked at for more than a day: what was deleted of them is still public.',
      alarms: {
        budget: 'The budget is spent, or nearly',
        credits: 'No credits left at X',
        credentials: 'X does not accept the keys',
        behind: 'The search is behind',
        lost: 'Some posts were not read in time',
        missing: 'X counts posts that it does not give out',
        stream: 'The stream is disturbed',
      },
      otherAlarm: 'Alarm',
    },
  },
};
