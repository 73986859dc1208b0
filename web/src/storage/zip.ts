/**
 * Zip archives, without compression, since pictures are compressed already: by client-zip, which
 * lays out what it is given. Their content goes through it in pieces, to be summed up, and the
 * archive refers to where it was, so that a session of gigabytes is neither copied nor held.
 */
import { makeZip } from "client-zip";

export interface ZipEntry {
  readonly name: string;
  readonly data: Blob;
}

const PIECE_BYTES = 4_000_000;
/** The writer counts them in 16 bits, and beyond that says nothing and counts wrong. */
const MOST_ENTRIES = 0xffff - 1;

/** There are more files than an archive of this kind counts. */
export class TooMany extends Error {
  readonly most = MOST_ENTRIES;
}

export async function writeZip(entries: readonly ZipEntry[]): Promise<Blob> {
  if (entries.length > MOST_ENTRIES) throw new TooMany();
  const places = new WeakMap<Uint8Array, Blob>();
  // No time is kept, so that the same session gives the same file. Archives have the local one.
  const lastModified = new Date(1980, 0, 1);
  const files = entries.map(({ name, data }) => ({
    name,
    lastModified,
    input: pieces(data, places),
    size: data.size,
  }));
  const parts: BlobPart[] = [];
  const reader = makeZip(files).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts, { type: "application/zip" });
    // What came through as it was is in the archive as it is; a copy would do too.
    parts.push(places.get(value) ?? new Uint8Array(value));
  }
}

async function* pieces(
  data: Blob,
  places: WeakMap<Uint8Array, Blob>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < data.size; at += PIECE_BYTES) {
    const piece = data.slice(at, at + PIECE_BYTES);
    const bytes = new Uint8Array(await piece.arrayBuffer());
    places.set(bytes, piece);
    yield bytes;
  }
}
