import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { classOf, isHidden } from "./folders.ts";

interface Case {
  readonly what: string;
  /** Paths under the folder that is chosen, by their class. */
  readonly classes: Record<string, string[]>;
  readonly hidden?: string[];
  readonly beside?: string[];
}

/** What the command line is held to as well. */
const CASES: Case[] = JSON.parse(readFileSync("../tests/folders.json", "utf8"));

const foldersOf = (path: string) => path.split("/").slice(0, -1);

function classes(paths: readonly string[]): (string | null | undefined)[] {
  const all = paths.map(foldersOf);
  return all.map(classOf(all));
}

for (const { what, classes: expected, hidden = [], beside = [] } of CASES) {
  test(what, () => {
    const owners = new Map(Object.entries(expected).flatMap(([c, all]) => all.map((p) => [p, c])));
    const paths = [...owners.keys(), ...beside];
    assert.deepEqual(
      classes(paths.map((path) => `chosen/${path}`)),
      paths.map((path) => owners.get(path)),
    );
    for (const path of hidden) assert.ok(path.split("/").some(isHidden), path);
    for (const path of paths) assert.ok(!path.split("/").some(isHidden), path);
  });
}

test("several folders at once are classes, a folder of pictures alone is one", () => {
  assert.deepEqual(classes(["cat/1.jpg", "dog/images/2.jpg"]), ["cat", "dog"]);
  assert.deepEqual(classes(["cat/1.jpg", "cat/2.jpg"]), ["cat", "cat"]);
  assert.deepEqual(classes(["cat/images/1.jpg", "cat/2.jpg"]), ["cat", "cat"]);
  assert.deepEqual(classes(["images/1.jpg"]), ["images"]);
  assert.deepEqual(classes(["1.jpg"]), [null]);
  assert.deepEqual(classes(["train/cat/old/1.jpg", "train/cat/2.jpg"]), ["cat", "cat"]);
});
