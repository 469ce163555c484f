import sharp from 'sharp';
import { expect } from 'vitest';
import type { PlantedReport } from './canary-reports.ts';
import type { Stage } from './canary-stage.ts';
import { signIn } from './staff.ts';

/** Letters that staff key in, with a scan whose name says whose it is; one first with a slip. */
export async function sendLetters(stage: Stage): Promise<void> {
  const { cookie } = await signIn(stage.database.pool, { role: 'intake', agency: 'D32.73' });
  const path = '/petugas/surat';
  for (const [index, openness] of (['open', 'anonymous', 'confidential'] as const).entries()) {
    const report = stage.plant(190 + index, 'letter', openness);
    for (const [place, more, status] of [
      ['form shown again', { writtenOn: 'kemarin' }, 422],
      ['answer to a letter', {}, 303],
    ] as const) {
      const page = await stage.get(path, { cookie, accept: 'text/html' });
      const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const form = new Response(await fill(report, { csrf, ...more }));
      const headers = {
        cookie: `${cookie}; ${page.cookies}`,
        accept: 'text/html',
        'content-type': form.headers.get('content-type') ?? '',
      };
      const body = Buffer.from(await form.arrayBuffer());
      const answer = await stage.ask(place, { method: 'POST', path, headers, body }, report.number);
      expect(answer.status, answer.text).toBe(status);
      if (status === 303) await stage.get(answer.location, { cookie, accept: 'text/html' });
    }
  }
}

async function fill(
  { number, openness, title, text, placeText, identity, address, photo }: PlantedReport,
  more: Readonly<Record<string, string>>,
): Promise<FormData> {
  const form = new FormData();
  const fields = {
    office: 'D32.73',
    origin: 'letter',
    agendaNumber: `${number}/ADU/2026`,
    writtenOn: '2026-11-15',
    receivedOn: new Date().toISOString().slice(0, 10),
    kind: 'complaint',
    title,
    text,
    place: placeText,
    ...identity,
    address,
    ...(openness === 'open' ? {} : { [openness]: '1' }),
    ...more,
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const scan = await sharp({ create: { width: 300, height: 400, channels: 3, background: '#ffffff' } })
    .withExif({ IFD0: { Artist: photo.exif } })
    .png()
    .toBuffer();
  form.append('files', new Blob([Uint8Array.from(scan)]), photo.name);
  return form;
}
