import assert from "node:assert/strict";
import { test } from "node:test";
import { counting } from "./count.ts";

test("a noun takes the form that its language has for the number", () => {
  const pictures = { one: "picture", other: "pictures" };
  const english = counting("en");
  assert.deepEqual(
    [0, 1, 2, 2000].map((n) => english(n, pictures)),
    ["0 pictures", "1 picture", "2 pictures", "2,000 pictures"],
  );
  const obrazky = { one: "obrázek", few: "obrázky", other: "obrázků" };
  const czech = counting("cs");
  assert.deepEqual(
    [1, 3, 5].map((n) => czech(n, obrazky)),
    ["1 obrázek", "3 obrázky", "5 obrázků"],
  );
});
