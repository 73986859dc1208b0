import assert from "node:assert/strict";
import { test } from "node:test";
import { firstModel, readManifest, titleOfFile } from "./models.ts";

const models = readManifest(
  {
    models: [
      { id: "large", file: "large.safetensors", bytes: 8_000_000, default: true },
      { id: "larger", file: "larger.safetensors", bytes: 9_000_000 },
      { id: "little-less", file: "little-less.safetensors", bytes: 5_000_000 },
      { id: "light", file: "light.safetensors", bytes: 3_000_000 },
      { id: "tiny", file: "tiny.safetensors", bytes: 300_000 },
      { title: "names no file" },
    ],
  },
  "https://example.org/",
);

test("the manifest says with which model to begin, and in which order they stand", () => {
  assert.deepEqual(
    models.map((model) => model.id),
    ["large", "larger", "little-less", "light", "tiny"],
  );
  assert.equal(firstModel(models, false)?.id, "large");
});

test("a slow connection begins with the first of the list that is less than half as large", () => {
  assert.equal(firstModel(models, true)?.id, "light");
  assert.equal(firstModel(models.slice(0, 2), true)?.id, "large");
  assert.equal(firstModel([], true), undefined);
});

test("a run's file is called by its data, one that the person named by its name", () => {
  const metadata = { "fewshot.provenance": JSON.stringify({ data: "orchids" }) };
  const file = weights({ __metadata__: metadata });
  assert.equal(titleOfFile("best.safetensors", file), "orchids");
  assert.equal(titleOfFile("last (1).safetensors", file), "orchids");
  assert.equal(titleOfFile("Greenhouse.SAFETENSORS", file), "Greenhouse");
  for (const other of [weights({}), weights({ __metadata__: {} }), new ArrayBuffer(3)])
    assert.equal(titleOfFile("best.safetensors", other), "best");
});

function weights(header: object): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer);
  return Uint8Array.of(...length, ...json).buffer;
}
