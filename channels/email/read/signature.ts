const device =
  'iphone|ipad|ios|android|samsung|galaxy|xiaomi|redmi|oppo|vivo|realme|huawei|nokia|blackberry|windows|outlook|yahoo|gmail|mail|ponsel|hp|handphone|telepon|perangkat|smartphone|mobile|phone|handy|móvil|celular|téléphone|tablet|aol|proton|bluemail|mailbird|surface|lumia|sony|lenovo|asus|advan|evercoss|infinix|nexus|pixel|motorola|htc|lg';

const mobile = new RegExp(
  `^\\s*[<\\[(*_-]{0,3}\\s*(?:sent (?:from|via|using|with)|dikirim (?:dari|melalui|via|menggunakan|dengan)|terkirim (?:dari|melalui)|pesan ini dikirim dari|get outlook for|dapatkan outlook untuk|unduh outlook|envoyé (?:de|depuis|à partir)|gesendet (?:von|mit)|von meinem|enviado (?:desde|do|de|a partir)|inviato (?:da|dal)|verzonden (?:vanaf|met|via)|skickat från|sendt fra|lähetetty|отправлено (?:с|из)|wysłane z|发自|發自|來自我的|从我的)(?=\\P{L}|我|$).{0,80}?(?:${device}|手机|手機|我的).{0,120}$`,
  'iu',
);

/** Of a device or program that is not known: nothing else on the line. */
const ownDevice = /^\s*[Ss]ent from (?:my [\p{L}\d ’'-]{2,40}|\p{Lu}[\p{L}\d]{2,20}(?:\s*<\S{1,300}>)?)$/u;

/**
 * Where a signature begins in these lines; their number where there is none. Only what its form makes sure of: the
 * delimiter `-- `, what phones add, and the footer of a mailing list.
 */
export function findSignature(lines: readonly string[]): number {
  let end = lines.length;
  // how many lines with words come after each, counted once
  const filled = new Uint32Array(lines.length + 1);
  for (let at = lines.length - 1; at >= 0; at -= 1)
    filled[at] = (filled[at + 1] ?? 0) + (lines[at]?.trim() === '' ? 0 : 1);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const strict = line === '-- ';
    if (strict || /^--\s*$/.test(line)) {
      const after = filled[at + 1] ?? 0;
      if (after <= (strict ? 40 : 15)) {
        end = at;
        break;
      }
    }
    if (/^_{2,}\s*$/.test(line) && (filled[at + 1] ?? 0) <= 8 && isListFooter(lines.slice(at + 1))) {
      end = at;
      break;
    }
  }
  // what phones add is the last, or the last before the delimiter
  let last = end - 1;
  for (let looked = 0; last >= 0 && looked < 3; last -= 1) {
    const line = lines[last] ?? '';
    if (line.trim() === '') continue;
    looked += 1;
    if (line.length < 250 && (mobile.test(line) || ownDevice.test(line))) {
      end = last;
      looked = 0;
    }
  }
  return end;
}

function isListFooter(after: readonly string[]): boolean {
  const words = after.filter((line) => line.trim() !== '');
  return (
    words.length > 0 &&
    words.length <= 8 &&
    words.some((line) => /mailing list|listinfo|milis|unsubscribe|berhenti berlangganan/i.test(line))
  );
}
