import { drawPicture } from './picture.ts';

/** What people post in the demo: one post, or the parts of a thread, as people write on X. */
export type PostStory = {
  readonly way: 'twitter (simulated)';
  /** Handle. */
  readonly author: string;
  readonly name: string;
  readonly posts: readonly string[];
  readonly photo?: Buffer;
  readonly place?: { readonly fullName: string; readonly coordinates: readonly [number, number] };
  /** How its author words it a moment later. */
  readonly edited?: string;
  /** Another story whose first post it quotes. */
  readonly quotes?: PostStory;
};

/** As `listStories`. Those who write @LAPOR1708 can be answered, those who only use the hashtag cannot. */
export function listPostStories(run: number): readonly PostStory[] {
  const way = 'twitter (simulated)';
  const drain: PostStory = {
    way,
    author: 'rudi_hrtn',
    name: 'Rudi Hartono',
    posts: [
      `Gorong2 no ${run} di depan SDN Kec. Kaliwates Kab. Jember kebuka gitu aja, aspalnya ambles 😭 bahaya bgt buat anak2 @LAPOR1708 #lapor`,
    ],
    photo: drawPicture(),
    place: { fullName: 'Jember, Jawa Timur', coordinates: [113.687, -8.172] },
  };
  return [
    drain,
    {
      way,
      author: 'ayuwulandr',
      name: 'Ayu Wulandari',
      posts: [
        `1/2 Udah seminggu air PDAM di Kel. Sidomulyo Kota Samarinda cuma netes, tapi meteran no ${run} muter terus @LAPOR1708 #lapor1708`,
        // Tagged like the first: what is not is only looked for when a thread has waited longer than a demo lasts.
        '2/2 tagihan bulan ini malah naik dua kali lipat, ditelpon ga diangkat. tolong dicek dong min 🙏 #lapor1708',
      ],
    },
    {
      way,
      author: 'bang_togar',
      name: 'Togar Simbolon',
      posts: [`nah ini, di seberangnya juga ambles udah 2 bulan, didiemin. tiang ${run} miring #lapor`],
      quotes: drain,
    },
    {
      way,
      author: 'dewiketring_',
      name: 'Dewi',
      posts: [
        `Trotoar Jl. Gajah Mada Kota Denpasar di bongkar tp gak dibersin, pot no ${run} nutup jalan. @LAPOR1708 #lapor`,
      ],
      edited: `Trotoar Jl. Gajah Mada Kota Denpasar dibongkar tapi ga diberesin, pot no ${run} nutup jalan. @LAPOR1708 #lapor`,
    },
    {
      way,
      author: 'pak_sarwo',
      name: 'Sarwo',
      posts: [
        `Lampu merah Bundaran Besar Kota Palangka Raya mati total dr pagi, tiang ${run}. macet parah, ga ada petugas #lapor1708`,
      ],
    },
  ];
}

/** Whether X lets LAPOR1708 answer it. */
export const isSummons = ({ posts }: PostStory): boolean => posts.some((text) => text.includes('@LAPOR1708'));
