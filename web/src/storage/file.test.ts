import assert from "node:assert/strict";
import { test } from "node:test";
import { addClass, addQueries, addSupport, emptySession } from "../state/session.ts";
import { fromEntries, readSession, toFile } from "./file.ts";
import { readZip } from "./unzip.ts";
import { writeZip } from "./zip.ts";

async function fromFile(file: Blob) {
  const entries = await readZip(file);
  return entries && fromEntries(entries);
}

const blob = (text: string) => new Blob([text], { type: "image/png" });
const session = addQueries(
  addSupport(addClass(emptySession("photos"), "a", "Cat"), "a", ["1"]),
  ["2"],
  "a",
);

test("a session saved as a file is opened as it was", async () => {
  const pictures = new Map([
    ["1", { name: "a/b.png", blob: blob("one") }],
    ["2", { name: "two.png", blob: blob("two") }],
  ]);
  const opened = await fromFile(await toFile({ session, pictures, models: new Map() }));
  assert.deepEqual(opened?.session, session);
  assert.equal(opened?.pictures.get("1")?.name, "a/b.png");
  assert.equal(await opened?.pictures.get("2")?.blob.text(), "two");
});

test("the model goes along where it is one's own", async () => {
  const own = { ...session, modelId: "own:mine.safetensors" };
  const models = new Map([["own:mine.safetensors", new Uint8Array([7]).buffer]]);
  const opened = await fromFile(await toFile({ session: own, pictures: new Map(), models }));
  assert.deepEqual([...(opened?.models.keys() ?? [])], ["own:mine.safetensors"]);
});

test("what is wrong in a file takes its default, and pictures that are missing are not named", () => {
  const read = readSession(
    {
      classes: [{ id: "a", name: "Cat", colour: 99, pictures: ["1", "gone"] }, "nonsense"],
      queries: [{ picture: "gone" }, { picture: "1", truth: "no class" }],
      settings: {
        head: "none",
        context: "odd",
        distance: "manhattan",
        hallucinations: -4,
        seed: "x",
      },
    },
    (id) => id === "1",
  );
  assert.deepEqual(read.classes[0]?.pictures, ["1"]);
  assert.equal(read.classes[0]?.colour, 0);
  assert.deepEqual(read.queries, [{ picture: "1", truth: null }]);
  assert.deepEqual(read.settings, emptySession("").settings);
});

test("another file is no session", async () => {
  assert.equal(await fromFile(new Blob(["hello"])), null);
});

test("a session that was unpacked and packed again, folder and all, is opened", async () => {
  const pictures = new Map([["1", { name: "one.png", blob: blob("one") }]]);
  const entries = await readZip(await toFile({ session, pictures, models: new Map() }));
  const again = [...(entries ?? [])].map(([name, data]) => ({ name: `mine/${name}`, data }));
  const opened = await fromFile(await writeZip(again));
  assert.equal(await opened?.pictures.get("1")?.blob.text(), "one");
});

test("doubled ids are refused, and no model takes the place of the site's", async () => {
  const doubled = addClass(session, "a", "Dog");
  const pictures = new Map();
  assert.equal(
    await fromFile(await toFile({ session: doubled, pictures, models: new Map() })),
    null,
  );
  const models = new Map([["photos", new Uint8Array([7]).buffer]]);
  const opened = await fromFile(await toFile({ session, pictures, models }));
  assert.equal(opened?.models.size, 0);
});

test("a session saved before there were heads is opened with the model's own", async () => {
  const old = {
    distance: "cosine",
    hallucinations: 3,
    temperatureFactor: 1,
    rejectionShift: 0,
    seed: 0,
  };
  const { settings } = readSession({ classes: [], queries: [], settings: old }, () => true);
  assert.deepEqual(settings, { ...old, head: null, context: "inductive" });
});
