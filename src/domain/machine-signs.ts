/** What a form that was sent tells of whether a person filled it in. */
export type FormSigns = {
  /** It brought a solved challenge of ours, which no other form did. */
  readonly proven: boolean;
  /** The field that no person sees was filled in. */
  readonly trapped: boolean;
  /** Seconds between opening and sending; null where nothing of ours says when it was opened. */
  readonly seconds: number | null;
  /** Forms without proof from the same address within the hour, this one included. */
  readonly unproven: number;
};

export type FormLimits = {
  /** No person is faster, 0: everybody is taken for slow enough. */
  readonly minSeconds: number;
  /** Without proof, so many an hour from one address are believed; 0: any number. */
  readonly maxUnproven: number;
};

const maxSeconds = 24 * 60 * 60;

/**
 * Why staff should look at a form before it is filed, in words for them; null where it is filed. Nobody is refused: who
 * browses without scripts, and fills the form in by hand, is believed a number of times an hour.
 */
export function reasonToHold(signs: FormSigns, { minSeconds, maxUnproven }: FormLimits): string | null {
  if (signs.trapped) return 'isian tersembunyi terisi: mungkin dikirim mesin';
  if (signs.proven) return null;
  if (signs.seconds === null) return 'tanpa bukti kerja, dan waktu formulir dibuka tidak diketahui';
  if (signs.seconds < minSeconds) return 'tanpa bukti kerja, dan terkirim terlalu cepat untuk diisi orang';
  if (signs.seconds > maxSeconds)
    return 'tanpa bukti kerja, dan formulir dibuka lebih dari sehari sebelumnya';
  return maxUnproven > 0 && signs.unproven > maxUnproven
    ? `tanpa bukti kerja, dan lebih dari ${maxUnproven} formulir demikian dalam satu jam dari alamat yang sama`
    : null;
}
