import { create } from 'qrcode';

/** What every reader of QR codes expects around it, in modules. */
const quietZone = 4;

/** Drawn here, as part of the page: what it leads to is a secret that no other server may hear of. */
export function QrCode({ address, label }: { readonly address: string; readonly label: string }) {
  const { size, data } = create(address, { errorCorrectionLevel: 'M' }).modules;
  const side = size + 2 * quietZone;
  const rows = Array.from({ length: size }, (_, y) => drawRow(data.slice(y * size, (y + 1) * size), y));
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      <path class="qr-paper" d={`M0 0h${side}v${side}H0z`} />
      <path class="qr-ink" d={rows.join('')} />
    </svg>
  );
}

/** One rectangle for each run of dark modules. */
function drawRow(modules: Uint8Array, y: number): string {
  const runs = [...modules].join('').matchAll(/1+/g);
  return [...runs]
    .map(({ index, 0: run }) => `M${index + quietZone} ${y + quietZone}h${run.length}v1h-${run.length}z`)
    .join('');
}
