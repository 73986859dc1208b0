import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { crc32 } from "../../package/src/crc32.ts";
import { readZip } from "./unzip.ts";
import { TooMany, writeZip } from "./zip.ts";

const text = (content: string) => new Blob([content]);

async function bytesOf(blob: Blob | undefined): Promise<Uint8Array> {
  return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
}

test("what is written is read, byte for byte, and names may be of any script", async () => {
  const archive = await writeZip([
    { name: "session.json", data: text("{}") },
    { name: "pictures/Käfer 甲虫.png", data: new Blob([new Uint8Array([0, 1, 2, 255])]) },
    { name: "empty", data: new Blob([]) },
  ]);
  assert.equal(archive.type, "application/zip");
  const entries = await readZip(archive);
  assert.deepEqual(
    [...(entries?.keys() ?? [])],
    ["session.json", "pictures/Käfer 甲虫.png", "empty"],
  );
  const bytes = await bytesOf(entries?.get("pictures/Käfer 甲虫.png"));
  assert.deepEqual(bytes, new Uint8Array([0, 1, 2, 255]));
});

test("the same files give the same archive, whenever and wherever it is written", async () => {
  const files = [{ name: "a.txt", data: text("a") }];
  const first = await bytesOf(await writeZip(files));
  const zone = process.env.TZ;
  process.env.TZ = "Pacific/Auckland";
  const second = await bytesOf(await writeZip(files));
  process.env.TZ = zone ?? "";
  assert.deepEqual(second, first);
});

test("pictures are kept as they are, since they are compressed already", async () => {
  const data = "x".repeat(10_000);
  const archive = await writeZip([{ name: "a.png", data: text(data) }]);
  assert.ok((await archive.text()).includes(data));
});

test("the archive refers to the pictures, and holds none of them in memory meanwhile", async () => {
  const data = new Blob([new Uint8Array(20_000_000)]);
  const read: number[] = [];
  const made: BlobPart[][] = [];
  const { Blob: Real } = globalThis;
  class Watched extends Real {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      super(parts, options);
      made.push(parts);
    }
  }
  const { slice } = Real.prototype;
  Real.prototype.slice = function (...args) {
    const piece = slice.apply(this, args);
    read.push(piece.size);
    return piece;
  };
  globalThis.Blob = Watched;
  try {
    await writeZip([{ name: "a", data }]);
  } finally {
    globalThis.Blob = Real;
    Real.prototype.slice = slice;
  }
  assert.ok(Math.max(...read) < data.size / 2);
  const inMemory = made.flat().filter((part) => !(part instanceof Real)) as Uint8Array[];
  assert.ok(inMemory.reduce((sum, part) => sum + part.length, 0) < 1000);
});

test("what is no archive, or a piece of one, is told apart", async () => {
  assert.equal(await readZip(text("not an archive at all, by any means")), null);
  assert.equal(await readZip(new Blob([])), null);
  const archive = await writeZip([{ name: "a", data: text("x".repeat(1000)) }]);
  assert.equal(await readZip(archive.slice(200)), null);
  assert.equal(await readZip(archive.slice(0, 500)), null);
});

test("an archive cut or changed anywhere is read or refused, and nothing is thrown", async () => {
  const whole = await bytesOf(
    await writeZip([
      { name: "a", data: text("one") },
      { name: "b", data: text("two") },
    ]),
  );
  for (let i = 0; i < whole.length; i++) {
    assert.equal(await readZip(new Blob([whole.slice(0, i)])), null, `cut at ${i}`);
    const changed = whole.slice();
    changed[i] = 255 - (changed[i] ?? 0);
    const entries = await readZip(new Blob([changed]));
    for (const data of entries?.values() ?? []) assert.ok(data.size <= whole.length);
  }
});

test("folders are no files, and of two of one name the last counts", async () => {
  const archive = await packed([
    { name: "folder/", content: "" },
    { name: "a", content: "first" },
    { name: "a", content: "second" },
    { name: "../up", content: "outside" },
  ]);
  const entries = await readZip(archive);
  assert.deepEqual([...(entries?.keys() ?? [])], ["a", "../up"]);
  assert.equal(await entries?.get("a")?.text(), "second");
});

test("archives that others have compressed are read; encrypted ones are not", async () => {
  const content = "again and again ".repeat(100);
  const entries = await readZip(await packed([{ name: "a.txt", content, method: 8 }]));
  assert.equal(await entries?.get("a.txt")?.text(), content);
  assert.equal(await readZip(await packed([{ name: "a.txt", content, flags: 1 }])), null);
  assert.equal(await readZip(await packed([{ name: "a.txt", content, method: 12 }])), null);
});

test("no more is unpacked than a file claims to hold", async () => {
  const bomb = { name: "a", content: "0".repeat(5_000_000), method: 8, claimed: 100 };
  assert.equal(await readZip(await packed([bomb])), null);
});

test("more files than an archive counts are refused", async () => {
  const data = text("");
  const files = Array.from({ length: 0xffff }, (_, i) => ({ name: `${i}`, data }));
  await assert.rejects(writeZip(files), TooMany);
});

interface Packed {
  readonly name: string;
  readonly content: string;
  readonly method?: number;
  readonly flags?: number;
  /** Of its length, where that is not the truth. */
  readonly claimed?: number;
}

/** An archive as other programs write them: sizes first, compressed, folders as entries. */
async function packed(files: readonly Packed[]): Promise<Blob> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 0, flags = 0, claimed } of files) {
    const plain = Buffer.from(content);
    const data = method === 8 ? deflateRawSync(plain) : plain;
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(claimed ?? plain.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = [Buffer.from("PK\x03\x04"), common, path, data];
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), common, rest, path);
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return new Blob([Buffer.concat([...parts, ...directory, end])]);
}
