/** What `npm publish` would send: these files, that small, with types for a page and for Node. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { OUT } from "../build.mjs";

const PACKAGE = join(import.meta.dirname, "..");
const WEB = join(PACKAGE, "..");
/** After brotli, besides the module with its JavaScript side, and the weights. */
const MOST_BYTES = 5000;
const EVERY_PAGE = ["index.js", "shared.js", "worker.js"];

function run(program: string, ...parts: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, parts, { cwd: PACKAGE, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test("what every page fetches is small", () => {
  const sizes = EVERY_PAGE.map((file) => brotliCompressSync(readFileSync(join(OUT, file))).length);
  const bytes = sizes.reduce((sum, size) => sum + size);
  assert.ok(bytes < MOST_BYTES, `${sizes} bytes after brotli, ${MOST_BYTES} together are the most`);
});

test("what is published is exactly what belongs", () => {
  // The scripts of the package would build it anew, under the other tests.
  const [packed] = JSON.parse(run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"));
  const files = packed.files.map(({ path }: { path: string }) => path);
  assert.deepEqual(files.sort(), [
    "README.md",
    "dist/LICENSE-APACHE",
    "dist/LICENSE-MIT",
    "dist/classifier.js",
    "dist/generated/fewshot_wasm_bg.wasm",
    "dist/generated/fewshot_wasm_relaxed.wasm",
    "dist/index.d.ts",
    "dist/index.js",
    "dist/module.js",
    "dist/node-worker.js",
    "dist/node.js",
    "dist/shared.js",
    "dist/worker.js",
    "package.json",
  ]);
  assert.ok(!("private" in JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"))));
});

for (const [where, options] of [
  ["a page", ["--lib", "es2022,dom", "--types", ""]],
  ["Node, which knows no elements", ["--lib", "es2022", "--types", "node"]],
] as const) {
  test(`the types hold in ${where}`, () => {
    const file = where === "a page" ? "page.ts" : "node.ts";
    const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--ignoreConfig"];
    const modules = ["--module", "nodenext", "--target", "es2022"];
    run(
      join(WEB, "node_modules/.bin/tsc"),
      ...strict,
      ...modules,
      ...options,
      `test/types/${file}`,
    );
  });
}
