/** The GSM 7-bit default alphabet (3GPP TS 23.038, section 6.2.1) as far as it is ASCII; anything else goes as UCS-2. */
export const isGsm7 = (text: string): boolean => /^[\n\r\x20-\x5a\x5f\x61-\x7a]*$/.test(text);
