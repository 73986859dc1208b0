import assert from "node:assert/strict";
import { test } from "node:test";
import { readLink, writeLink } from "./link.ts";
import { emptySession, withSettings } from "./session.ts";

test("a link says again what it was made from", () => {
  const settings = {
    head: "ridge",
    distance: "cosine",
    context: "transductive",
    hallucinations: 40,
    temperatureFactor: 0.5,
    seed: 3,
  } as const;
  const session = withSettings({ ...emptySession("omniglot"), sample: "characters" }, settings);
  const link = readLink(writeLink(session));
  assert.deepEqual(link, { model: "omniglot", sample: "characters", settings });
});

test("nonsense in a link is passed over, and a person's own model is not named", () => {
  const link = readLink(
    "#imagine=9999&distance=far&head=none&context=odd&seed=&sharpness=-1&else=1",
  );
  assert.deepEqual(link, { model: null, sample: null, settings: {} });
  assert.equal(writeLink(emptySession("own:mine.safetensors")), "#");
});
