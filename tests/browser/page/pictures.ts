/** Pictures that need no files. */
import { deflateSync } from "node:zlib";

export interface Upload {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A plain picture of one colour with a little noise, so that no two are alike. */
export function picture(name: string, colour: [number, number, number], side = 96): Upload {
  const rows: number[] = [];
  let state = 7 + name.length * 131 + (name.charCodeAt(0) ?? 0);
  for (let y = 0; y < side; y++) {
    rows.push(0);
    for (let x = 0; x < side; x++) {
      state = (state * 1664525 + 1013904223) >>> 0;
      const noise = (state >>> 24) % 24;
      for (const value of colour) rows.push(Math.min(255, value + noise));
    }
  }
  return { name, mimeType: "image/png", buffer: png(side, side, 2, Buffer.from(rows)) };
}

/** A grey photograph of many pixels and, for its noise at the top, many bytes. */
export function large(name: string, width: number, height: number): Upload {
  const rows = Buffer.alloc((width + 1) * height, 120);
  for (let at = 0; at < rows.length; at += width + 1) rows[at] = 0;
  let state = 9;
  for (let at = 1; at < 1_000_000; at++) {
    state = (state * 1664525 + 1013904223) >>> 0;
    if (at % (width + 1) !== 0) rows[at] = state >>> 24;
  }
  return { name, mimeType: "image/png", buffer: png(width, height, 0, rows) };
}

/** A picture that says to be of so many pixels, and holds none. */
export function claiming(name: string, width: number, height: number): Upload {
  return { name, mimeType: "image/png", buffer: png(width, height, 0, Buffer.alloc(1)) };
}

/** Rows as PNG has them, each with its filter before it; colour type 0 is grey, 2 RGB. */
function png(width: number, height: number, colour: 0 | 2, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND")];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc(body), body.length + 4);
  return framed;
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
