import assert from "node:assert/strict";
import { test } from "node:test";
import { firstModel, readManifest } from "./models.ts";

const models = readManifest(
  {
    models: [
      { id: "large", file: "large.safetensors", bytes: 8_000_000, default: true },
      { id: "larger", file: "larger.safetensors", bytes: 9_000_000 },
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
    ["large", "larger", "light", "tiny"],
  );
  assert.equal(firstModel(models, false)?.id, "large");
});

test("a slow connection begins with the first of the list that is smaller", () => {
  assert.equal(firstModel(models, true)?.id, "light");
  assert.equal(firstModel(models.slice(0, 2), true)?.id, "large");
  assert.equal(firstModel([], true), undefined);
});
