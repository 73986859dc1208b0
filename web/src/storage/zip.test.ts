import assert from "node:assert/strict";
import { test } from "node:test";
import { readZip, writeZip } from "./zip.ts";

test("what is written is read, byte for byte, and names may be of any script", async () => {
  const archive = await writeZip([
    { name: "session.json", data: new Blob(["{}"]) },
    { name: "pictures/Käfer 甲虫.png", data: new Blob([new Uint8Array([0, 1, 2, 255])]) },
    { name: "empty", data: new Blob([]) },
  ]);
  const entries = await readZip(archive);
  assert.deepEqual(
    [...(entries?.keys() ?? [])],
    ["session.json", "pictures/Käfer 甲虫.png", "empty"],
  );
  const bytes = await entries?.get("pictures/Käfer 甲虫.png")?.arrayBuffer();
  assert.deepEqual(new Uint8Array(bytes ?? new ArrayBuffer(0)), new Uint8Array([0, 1, 2, 255]));
});

test("what is no archive, or a piece of one, is told apart", async () => {
  assert.equal(await readZip(new Blob(["not an archive at all, by any means"])), null);
  const archive = await writeZip([{ name: "a", data: new Blob(["x".repeat(1000)]) }]);
  assert.equal(await readZip(archive.slice(200)), null);
  assert.equal(await readZip(archive.slice(0, 500)), null);
});
