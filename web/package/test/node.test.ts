/** The package as it is published, in Node: taught, asked, saved, opened, and what it refuses. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { OUT } from "../build.mjs";
import type { Fewshot, FewshotError, Learner } from "../src/api.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PICTURES = join(ROOT, "tests/browser/pictures");
const MODEL = join(ROOT, "weights/cifar-fs.safetensors");
const CLASSES = ["leaf", "sand", "sea"];
const BUTTERFLIES = ["fadunu", "movisa", "ordusa", "savisa", "velami"];
const picture = (name: string) => join(PICTURES, "support", name);
const scratch = (name: string) => join(tmpdir(), `fewshot-${process.pid}-${name}`);

let fewshot: Fewshot;
let learner: Learner;
const opened: Learner[] = [];

before(async () => {
  ({ Fewshot: fewshot } = await import(pathToFileURL(join(OUT, "node.js")).href));
  learner = await taught();
});

// A worker that is not closed keeps Node alive, where a test has failed before.
after(() => {
  for (const learner of opened) learner.close();
});

async function load(...parts: Parameters<Fewshot["load"]>): Promise<Learner> {
  const learner = await fewshot.load(...parts);
  opened.push(learner);
  return learner;
}

async function taught(): Promise<Learner> {
  const learner = await load(MODEL);
  await Promise.all(CLASSES.map((name) => learner.add(name, picture(`${name}/plain.png`))));
  return learner;
}

function refused(code: FewshotError["code"], ...parts: string[]) {
  return (error: FewshotError) => {
    assert.equal(error.name, "FewshotError");
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

test("taught by one picture each, it knows others of the class", async () => {
  const learner = await load(MODEL);
  const photograph = (name: string, number: number) =>
    join(ROOT, "web/public/samples/butterflies", `${name}-butterfly-${number}.jpg`);
  for (const name of BUTTERFLIES) await learner.add(name, photograph(name, 1));
  assert.deepEqual(
    learner.classes,
    BUTTERFLIES.map((name) => ({ name, examples: 1 })),
  );
  for (const name of BUTTERFLIES)
    for (const number of [2, 3]) {
      const { probabilities } = await learner.classify(photograph(name, number));
      assert.deepEqual(Object.keys(probabilities), BUTTERFLIES);
      const [likeliest] = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
      assert.equal(likeliest?.[0], name);
      const sum = Object.values(probabilities).reduce((a, b) => a + b);
      assert.ok(Math.abs(sum - 1) < 1e-5, `${sum}`);
    }
});

test("a picture is the same by path, address, bytes and Blob", async () => {
  const path = picture("sea/photo.jpg");
  const bytes = await readFile(path);
  const expected = await learner.classify(path);
  for (const same of [
    pathToFileURL(path),
    bytes,
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    new Blob([bytes]),
  ])
    assert.deepEqual(await learner.classify(same), expected);
});

test("pixels are a picture too", async () => {
  const data = new Uint8ClampedArray(4 * 64 * 64).fill(255);
  const blank = await learner.classify({ width: 64, height: 64, data });
  for (let i = 0; i < data.length; i += 4) data.set([20, 90, 200], i);
  const blue = await learner.classify({ width: 64, height: 64, data });
  assert.notDeepEqual(blue, blank);
  await assert.rejects(
    learner.classify({ width: 65, height: 64, data }),
    refused("bad-picture", "the picture", "16640 bytes"),
  );
});

test("a picture far from all classes is none of them, where the threshold says so", async () => {
  const [always, never] = [-1, null].map((threshold) => load(MODEL, { threshold }));
  for (const [loading, label] of [
    [always, null],
    [never, "sea"],
  ] as const) {
    const learner = await loading;
    for (const name of CLASSES) await learner?.add(name, picture(`${name}/plain.png`));
    const answer = await learner?.classify(picture("sea/photo.jpg"));
    assert.equal(answer?.label, label);
  }
});

test("questions asked at once, before the examples are read, are all answered alike", async () => {
  const learner = await load(MODEL);
  const adding = CLASSES.map((name) => learner.add(name, picture(`${name}/plain.png`)));
  const question = picture("leaf/photo.jpg");
  const answers = await Promise.all([1, 2, 3].map(() => learner.classify(question)));
  await Promise.all(adding);
  for (const answer of answers) assert.deepEqual(answer, await learner.classify(question));
});

test("what was saved and is opened elsewhere gives the same answers", async () => {
  const path = scratch("classifier.safetensors");
  await writeFile(path, await learner.save());
  assert.match(await readFile(path, "latin1"), /pictures\\":\[\\"plain.png\\"\]/);
  const other = await load(await readFile(MODEL));
  await other.open(path);
  assert.deepEqual(other.classes, learner.classes);
  const question = picture("sand/photo.jpg");
  assert.deepEqual(await other.classify(question), await learner.classify(question));
  // It goes on learning.
  await other.add("sand", question);
  assert.equal(other.classes[1]?.examples, 2);
});

test("what changes while questions are asked disturbs none of them", async () => {
  const learner = await taught();
  const saved = await learner.save();
  const question = picture("sand/photo.jpg");
  const asked = [];
  for (let i = 0; i < 12; i++) {
    asked.push(learner.classify(question), learner.open(saved));
    const more = await learner.add("sand", picture("sea/photo.jpg"));
    asked.push(learner.classify(question), learner.save());
    if (learner.classes[1]?.examples === 2) learner.remove("sand", more);
  }
  await Promise.all(asked);
});

test("examples and classes are forgotten", async () => {
  const learner = await taught();
  const question = picture("leaf/photo.jpg");
  const before = await learner.classify(question);
  const example = await learner.add("leaf", question);
  assert.notDeepEqual(await learner.classify(question), before);
  learner.remove("leaf", example);
  assert.deepEqual(await learner.classify(question), before);
  assert.throws(() => learner.remove("leaf", example), refused("internal", "leaf"));
  learner.remove("sea");
  assert.deepEqual(Object.keys((await learner.classify(question)).probabilities), ["leaf", "sand"]);
  learner.remove("sand");
  await assert.rejects(learner.classify(question), refused("too-few", "two classes", "“leaf”"));
});

test("what cannot be used is refused by name, with what helps, and changes nothing", async () => {
  const { classes } = learner;
  const whole = await readFile(picture("sea/photo.jpg"));
  const half = new File([whole.subarray(0, whole.length / 2)], "half.jpg");
  await assert.rejects(
    learner.add("sea", half),
    refused("bad-picture", "“half.jpg”", "ends early"),
  );
  assert.equal((await learner.classify(half)).torn, true);
  await assert.rejects(learner.add("leaf", "gone.jpg"), refused("gone", "“gone.jpg”"));
  const text = scratch("notes.txt");
  await writeFile(text, "no picture");
  await assert.rejects(learner.add("new", text), refused("bad-picture", "notes.txt", "JPEG"));
  await assert.rejects(fewshot.load(text), refused("bad-model", "notes.txt", ".safetensors"));
  await assert.rejects(fewshot.load("http://127.0.0.1:9/model"), refused("network", ":9/model"));
  await assert.rejects(learner.open(MODEL), refused("bad-model", "no taught classifier"));
  const saved = await learner.save();
  const damaged = saved.slice();
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  await assert.rejects(learner.open(damaged), refused("bad-model", "damaged"));
  await assert.rejects(learner.open(saved.slice(0, -9)), refused("bad-model"));
  await assert.rejects(learner.open(saved.slice(0, 100)), refused("bad-model", ".safetensors"));
  const omniglot = await load(join(ROOT, "weights/omniglot.safetensors"));
  await assert.rejects(omniglot.open(saved), refused("bad-model", "another model"));
  assert.deepEqual(learner.classes, classes);
});

test("no damaged classifier is opened, wherever the damage is", async () => {
  const saved = await learner.save();
  const { classes } = learner;
  for (let at = 0; at < saved.length; at += 1 + Math.floor(saved.length / 400)) {
    const flipped = saved.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    // A file that names no checksum is read as it is, as those of earlier versions are.
    const isChecked = Buffer.from(flipped).includes('"fewshot.checksum"');
    if (isChecked)
      await assert.rejects(learner.open(flipped), refused("bad-model"), `bit of byte ${at}`);
    await assert.rejects(learner.open(saved.slice(0, at)), refused("bad-model"), `${at} bytes`);
  }
  assert.deepEqual(learner.classes, classes);
});

test("a signal ends the loading", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(fewshot.load(MODEL, { signal }), refused("cancelled", "cifar-fs", "signal"));
});

test("a closed learner says so", async () => {
  const learner = await taught();
  learner.close();
  await assert.rejects(learner.classify(picture("sea/photo.jpg")), refused("cancelled", "closed"));
});
