import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const HERE = import.meta.dirname;
const ALONG = join(HERE, "../../along");

test("whoever takes a page along gets its README in the language of this one", () => {
  const placesIn = (file: string) =>
    [...readFileSync(join(ALONG, file), "utf8").matchAll(/\{\{\w+\}\}|`[\w/.]+`/g)].map(String);
  for (const file of readdirSync(join(HERE, "languages"))) {
    const readme = `README.${file.replace(/\.ts$/, "")}.md`;
    assert.deepEqual(placesIn(readme).sort(), placesIn("README.en.md").sort(), readme);
  }
});
