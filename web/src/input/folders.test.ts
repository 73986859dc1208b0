import assert from "node:assert/strict";
import { test } from "node:test";
import { classOf, isHidden } from "./folders.ts";

function classes(paths: readonly string[]): (string | null)[] {
  const all = paths.map((path) => path.split("/").slice(0, -1));
  return all.map(classOf(all));
}

test("a class is the outermost folder under the one that was chosen", () => {
  assert.deepEqual(classes(["pets/cat/1.jpg", "pets/dog/old/2.jpg"]), ["cat", "dog"]);
  assert.deepEqual(classes(["cat/1.jpg", "dog/2.jpg"]), ["cat", "dog"]);
  assert.deepEqual(classes(["cat/1.jpg", "cat/2.jpg"]), ["cat", "cat"]);
  assert.deepEqual(classes(["1.jpg"]), [null]);
});

test("folders that only divide are passed over", () => {
  const split = ["set/train/cat/1.jpg", "set/val/dog/2.jpg", "set/test/cat/3.jpg"];
  assert.deepEqual(classes(split), ["cat", "dog", "cat"]);
  assert.deepEqual(classes(["set/cat/images/1.jpg", "set/dog/images/2.jpg"]), ["cat", "dog"]);
  assert.deepEqual(classes(["cat/images/1.jpg", "cat/images/2.jpg"]), ["cat", "cat"]);
  assert.deepEqual(classes(["train/cat/1.jpg", "train/dog/1.jpg"]), ["cat", "dog"]);
  assert.deepEqual(classes(["images/1.jpg"]), ["images"]);
});

test("what systems leave behind is hidden", () => {
  for (const name of [".DS_Store", ".ipynb_checkpoints", "__MACOSX", "@eaDir", "Thumbs.db"])
    assert.ok(isHidden(name), name);
  assert.ok(!isHidden("cat"));
});
