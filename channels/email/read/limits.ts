/** What one mail may make us do. Real mails stay far below; what is beyond is left out, and said so. */
export const limits = {
  /** Parts of all kinds; what is after them stays in the raw mail. */
  parts: 1_000,
  /** How deep parts and mails in mails may be nested; what is deeper is a file. */
  depth: 40,
  /** Header fields of one part. */
  fields: 2_000,
  /** Characters of one header field; the rest of it is skipped. */
  fieldLength: 200_000,
  /** Addresses of one field. */
  addresses: 1_000,
  /** Characters that all text of a mail may have, before history is cut. */
  text: 1_000_000,
  /** Bytes that one part of text is read of; all of it stays in the raw mail. */
  textBytes: 4_000_000,
  /** Bytes that all files may have together once they are decoded. */
  decoded: 150_000_000,
} as const;
