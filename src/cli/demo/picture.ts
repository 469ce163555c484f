import { crc32, deflateSync } from 'node:zlib';

const width = 320;
const height = 200;
const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/** A small PNG that stands for a photo: a hole in a road at night, for those who want to see one. */
export function drawPicture(): Buffer {
  const rows = Array.from({ length: height }, (_, y) =>
    Buffer.from([0, ...Array.from({ length: width }, (_, x) => colourAt(x, y)).flat()]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // eight bits for each of red, green and blue
  header.set([8, 2], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function colourAt(x: number, y: number): readonly [number, number, number] {
  if (y < height / 3) return [18, 22, 48];
  const isHole = ((x - width / 2) / 90) ** 2 + ((y - height * 0.7) / 30) ** 2 < 1;
  if (isHole) return [12, 10, 8];
  const grain = (x * 31 + y * 17) % 13;
  return [70 + grain, 70 + grain, 74 + grain];
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
