/**
 * Zip archives without compression: pictures are compressed already, and any
 * program opens the file. Reading knows what writing makes, and what programs
 * make of it that pack the files again.
 */
import { crc32 } from "../../package/src/crc32.ts";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const UTF8_NAMES = 0x0800;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const STORED = 0;
const DEFLATED = 8;
/** What an archive of this kind can hold: its offsets have 32 bits. */
const MOST_BYTES = 0xffff_fff0;

export interface ZipEntry {
  readonly name: string;
  readonly data: Blob;
}

/** The archive is too large for its kind. */
export class TooLarge extends Error {
  readonly most = MOST_BYTES;
}

/** The archive; its parts stay where they are until it is read. */
export async function writeZip(entries: readonly ZipEntry[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const path = new TextEncoder().encode(name);
    if (offset + data.size > MOST_BYTES) throw new TooLarge();
    const crc = crc32(new Uint8Array(await data.arrayBuffer()));
    const common = [
      [2, 20],
      [2, UTF8_NAMES],
      [2, 0],
      // No time is kept: the same session gives the same file. 1 January 1980.
      [2, 0],
      [2, 0x21],
      [4, crc],
      [4, data.size],
      [4, data.size],
      [2, path.length],
      [2, 0],
    ] as const;
    const head = pack(LOCAL_BYTES, [[4, LOCAL], ...common]);
    parts.push(head, path, data);
    const fields = [[4, CENTRAL], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]];
    directory.push(pack(CENTRAL_BYTES, fields as Field[]), path);
    offset += LOCAL_BYTES + path.length + data.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = pack(END_BYTES, [
    [4, END],
    [2, 0],
    [2, 0],
    [2, entries.length],
    [2, entries.length],
    [4, size],
    [4, offset],
    [2, 0],
  ]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** The entries by name, each a slice of the file; null where it is no such archive. */
export async function readZip(file: Blob): Promise<Map<string, Blob> | null> {
  const tail = await view(file.slice(Math.max(0, file.size - 0xffff - END_BYTES)));
  let at = tail.byteLength - END_BYTES;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) return null;
  const count = tail.getUint16(at + 10, true);
  const start = tail.getUint32(at + 16, true);
  const directory = await view(file.slice(start, start + tail.getUint32(at + 12, true)));
  const entries = new Map<string, Blob>();
  for (let i = 0, p = 0; i < count; i++) {
    if (p + CENTRAL_BYTES > directory.byteLength || directory.getUint32(p, true) !== CENTRAL)
      return null;
    const method = directory.getUint16(p + 10, true);
    const size = directory.getUint32(p + 20, true);
    const unpacked = directory.getUint32(p + 24, true);
    const nameLength = directory.getUint16(p + 28, true);
    const extra = directory.getUint16(p + 30, true) + directory.getUint16(p + 32, true);
    const local = directory.getUint32(p + 42, true);
    const bytes = new Uint8Array(directory.buffer, p + CENTRAL_BYTES, nameLength);
    if (method !== STORED && method !== DEFLATED) return null;
    const head = await view(file.slice(local, local + LOCAL_BYTES));
    if (head.byteLength < LOCAL_BYTES) return null;
    const from = local + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
    if (from + size > file.size) return null;
    const packed = file.slice(from, from + size);
    const data = method === STORED ? packed : await inflate(packed, unpacked);
    if (!data) return null;
    entries.set(new TextDecoder().decode(bytes), data);
    p += CENTRAL_BYTES + nameLength + extra;
  }
  return entries;
}

/** Null where it is not what it claims to be: no more than that is ever held. */
async function inflate(packed: Blob, size: number): Promise<Blob | null> {
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: BlobPart[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return length === size ? new Blob(parts) : null;
      length += value.length;
      if (length > size) return null;
      parts.push(value);
    }
  } catch {
    return null;
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Width in bytes, and value. */
type Field = readonly [2 | 4, number];

function pack(length: number, fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const data = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) data.setUint16(at, value, true);
    else data.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}

async function view(part: Blob): Promise<DataView<ArrayBuffer>> {
  return new DataView(await part.arrayBuffer());
}
