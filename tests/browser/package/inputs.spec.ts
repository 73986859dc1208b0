/** The package in a page of one's own: every kind of picture, a crash, and who is asked for what. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { Answer, Fewshot, Learner } from "../../../web/package/src/api";
import { crash } from "../page/support";
import { type Served, serveFolder } from "./folder";
import { CLASSES, MODEL, PACKAGE, PICTURES, taughtInNode } from "./node";

declare global {
  var learner: Learner;
}

let site: Served;

test.beforeEach(async ({ page }, info) => {
  const folder = info.outputPath("site");
  await mkdir(folder);
  await cp(join(PACKAGE, "dist"), join(folder, "fewshot"), { recursive: true });
  await cp(join(PICTURES, "support"), join(folder, "support"), { recursive: true });
  await cp(join(PICTURES, "browser"), join(folder, "browser"), { recursive: true });
  await cp(MODEL, join(folder, "model.safetensors"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>mine</title>");
  site = await serveFolder(folder);
  await page.goto(site.address);
  await page.evaluate(async (classes) => {
    const path = "/fewshot/index.js";
    const { Fewshot }: { Fewshot: Fewshot } = await import(path);
    globalThis.learner = await Fewshot.load("model.safetensors");
    for (const name of classes) await learner.add(name, `support/${name}/plain.png`);
  }, CLASSES);
});

test.afterEach(() => site[Symbol.asyncDispose]());

function classify(page: Page, address: string): Promise<Answer> {
  return page.evaluate((address) => learner.classify(address), address);
}

function alike(one: Answer, other: Answer | undefined, within: number): void {
  expect(other?.label).toBe(one.label);
  for (const [name, value] of Object.entries(one.probabilities))
    expect(Math.abs(value - (other?.probabilities[name] ?? Number.NaN))).toBeLessThan(within);
}

test("the same answers as in Node", async ({ page }) => {
  const inNode = await taughtInNode();
  for (const name of CLASSES) {
    const path = `support/${name}/photo.jpg`;
    alike(await inNode.classify(join(PICTURES, path)), await classify(page, path), 1e-4);
  }
  inNode.close();
});

test("a picture as a file, an element, a canvas, a bitmap or pixels is the same picture", async ({ page }) => {
  const path = "support/sea/plain.png";
  const expected = await classify(page, path);
  const answers = await page.evaluate(async (path) => {
    const blob = await (await fetch(path)).blob();
    const image = new Image();
    image.src = path;
    const bitmap = await createImageBitmap(blob);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    const pixels = context?.getImageData(0, 0, bitmap.width, bitmap.height);
    if (!pixels) throw new Error("no canvas");
    const bytes = await blob.arrayBuffer();
    const url = new URL(path, document.baseURI);
    const all = [blob, new File([blob], "sea.png"), bytes, new Uint8Array(bytes), url, image, bitmap, canvas, pixels];
    const answers = [];
    // Twice: what is given stays the giver's.
    for (const one of [...all, ...all]) answers.push(await learner.classify(one));
    return answers;
  }, path);
  expect(answers).toHaveLength(18);
  for (const answer of answers) alike(expected, answer, 1e-3);
});

test("formats of the browser are read, and what is none is refused by name", async ({ page }) => {
  for (const name of ["small.webp", "small.gif", "small.bmp", "small.avif"]) {
    const { probabilities } = await classify(page, `browser/${name}`);
    expect(Object.keys(probabilities)).toEqual(CLASSES);
  }
  const refused = (address: string) =>
    page.evaluate(
      (address) => learner.classify(address).then(String, ({ code, message }) => `${code}: ${message}`),
      address,
    );
  expect(await refused("model.safetensors")).toMatch(/^bad-picture: “model\.safetensors”.*Give a JPEG/);
  expect(await refused("nowhere.png")).toMatch(/^network: “nowhere\.png”.*answered 404/);
});

test("a worker that stops is started again, with all it had learned", async ({ page }) => {
  const path = "support/leaf/photo.jpg";
  const before = await classify(page, path);
  await crash(page, "fewshot");
  expect(await classify(page, path)).toEqual(before);
});

test("a package from another host does the same", async ({ page }, info) => {
  const path = "support/sand/photo.jpg";
  const expected = await classify(page, path);
  await using host = await serveFolder(join(info.outputPath("site"), "fewshot"));
  const answer = await page.evaluate(
    async ([address, path, classes]) => {
      const { Fewshot }: { Fewshot: Fewshot } = await import(`${address}index.js`);
      const learner = await Fewshot.load("model.safetensors");
      for (const name of classes) await learner.add(name, `support/${name}/plain.png`);
      return learner.classify(path);
    },
    [host.address, path, CLASSES] as const,
  );
  expect(answer).toEqual(expected);
  expect(host.asked).toContain("/worker.js");
});

test("nothing is asked for but what it was told, and one of the two modules", async ({ page }) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(site.address)) foreign.push(request.url());
  });
  await classify(page, "support/sand/photo.jpg");
  await page.evaluate(() => learner.save());
  const scripts = site.asked.filter((path) => path.startsWith("/fewshot/"));
  // The page and the worker both ask for what they share.
  expect([...new Set(scripts)].sort()).toEqual([
    "/fewshot/generated/fewshot_wasm_relaxed.wasm",
    "/fewshot/index.js",
    "/fewshot/module.js",
    "/fewshot/shared.js",
    "/fewshot/worker.js",
  ]);
  const pictures = CLASSES.map((name) => `/support/${name}/plain.png`);
  const told = ["/", "/model.safetensors", ...pictures, "/support/sand/photo.jpg"];
  const others = site.asked.filter((path) => !scripts.includes(path) && path !== "/favicon.ico");
  expect(others).toEqual(told);
  expect(foreign).toEqual([]);
});
