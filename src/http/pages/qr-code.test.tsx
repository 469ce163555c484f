import { create } from 'qrcode';
import { expect, test } from 'vitest';
import { QrCode } from './qr-code.tsx';

const address = 'https://lapor.example/terima/01pb5v07k2m9qx4t0v8w3zr5n1hc6dpya';

test('every dark module is drawn where the code has it, four modules from the edge', () => {
  const { modules } = create(address, { errorCorrectionLevel: 'M' });
  const html = String(QrCode({ address, label: 'Kode QR' }));
  const ink = /class="qr-ink" d="([^"]*)"/.exec(html)?.[1] ?? '';
  const drawn = [...ink.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)].flatMap(([, x, y, width]) =>
    Array.from({ length: Number(width) }, (_, step) => (Number(y) - 4) * modules.size + Number(x) - 4 + step),
  );
  const dark = [...modules.data].flatMap((module, index) => (module === 1 ? [index] : []));
  expect(drawn).toEqual(dark);
  expect(html).toContain(`viewBox="0 0 ${modules.size + 8} ${modules.size + 8}"`);
  expect(html).toContain('aria-label="Kode QR"');
});
