/** A classifier taken along as a page of its own: unpacked and served, it answers as this page does. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { readZip } from "../../../web/src/storage/unzip";
import { serveFolder } from "../package/folder";
import { CLASSES, PICTURES } from "../package/node";
import { answered, cards, fromMenu, open, openSample } from "./support";

const QUESTIONS = ["fine.jpg", "alpha.png", "turned6.jpg", "progressive.jpg"];

interface Answer {
  label: string;
  probabilities: Record<string, number>;
}

/** What this page shows, by the names of the questions. */
async function shown(page: Page): Promise<Record<string, Answer>> {
  await answered(page);
  const read = await cards(page).evaluateAll((elements) =>
    elements.map((card) => {
      const name = (bar: Element | null) => bar?.querySelector(".bar-name")?.textContent ?? "";
      const bars = [...card.querySelectorAll<HTMLElement>(".bar")];
      return {
        image: card.querySelector<HTMLImageElement>(".query-picture img")?.alt ?? "",
        label: card.querySelector(".answer")?.textContent ?? "",
        probabilities: Object.fromEntries(
          bars.map((bar) => [name(bar), Number(bar.dataset.probability)]),
        ),
      };
    }),
  );
  return Object.fromEntries(read.map(({ image, ...answer }) => [image, answer]));
}

/** What the page that was taken along shows. */
async function shownThere(page: Page): Promise<Record<string, Answer>> {
  await expect(page.locator("li:has(meter)")).toHaveCount(QUESTIONS.length);
  const read = await page.locator("li").evaluateAll((items) =>
    items.map((item) => ({
      image: item.querySelector("img")?.alt ?? "",
      label: item.querySelector("strong")?.textContent ?? "",
      probabilities: Object.fromEntries(
        [...item.querySelectorAll("label")].map((line) => [
          line.firstChild?.textContent?.trim() ?? "",
          line.querySelector("meter")?.value ?? Number.NaN,
        ]),
      ),
    })),
  );
  return Object.fromEntries(read.map(({ image, ...answer }) => [image, answer]));
}

async function teachHere(page: Page): Promise<void> {
  await page.getByLabel("Choose a folder of classes").first().setInputFiles(join(PICTURES, "support"));
  const questions = QUESTIONS.map((name) => join(PICTURES, "queries", name));
  await page.getByLabel("Add pictures to ask about").setInputFiles(questions);
  await expect(cards(page)).toHaveCount(QUESTIONS.length);
  await page.locator('input[name="model"][value="cifar-fs"]').check({ force: true });
}

/** Takes it along and unpacks it into a folder; returns the names of what was in it. */
async function unpack(page: Page, folder: string): Promise<string[]> {
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Take it along as a page");
  const download = await saved;
  expect(download.suggestedFilename()).toBe("my-classifier.zip");
  const entries = await readZip(new Blob([await readFile(await download.path())]));
  for (const [name, data] of entries ?? []) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(await data.arrayBuffer()));
  }
  return [...(entries?.keys() ?? [])].sort();
}

test("taken along, unpacked and served, it gives the same answers", async ({ page }, info) => {
  await open(page);
  await teachHere(page);
  await page.getByLabel("Imagined examples per class").fill("20");
  await expect(page.getByText("32 × 32 pixels, colour")).toBeAttached();
  const folder = info.outputPath("along");
  expect(await unpack(page, folder)).toEqual([
    "README.md",
    "classifier.safetensors",
    "fewshot/LICENSE-APACHE",
    "fewshot/LICENSE-MIT",
    "fewshot/classifier.js",
    "fewshot/generated/fewshot_wasm_bg.wasm",
    "fewshot/generated/fewshot_wasm_relaxed.wasm",
    "fewshot/index.d.ts",
    "fewshot/index.js",
    "fewshot/module.js",
    "fewshot/shared.js",
    "fewshot/worker.js",
    "index.html",
    "model.safetensors",
    "page.css",
    "page.js",
  ]);
  const expected = await shown(page);
  expect(Object.keys(expected).sort()).toEqual([...QUESTIONS].sort());

  await using site = await serveFolder(folder);
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(site.address)) foreign.push(request.url());
  });
  await page.goto(site.address);
  await expect(page).toHaveTitle(/^leaf, sand,? or sea\?$/);
  const questions = QUESTIONS.map((name) => join(PICTURES, "queries", name));
  await page.getByLabel("Choose pictures").setInputFiles(questions);
  const actual = await shownThere(page);
  for (const [image, { label, probabilities }] of Object.entries(expected)) {
    expect(actual[image]?.label, image).toBe(label);
    expect(Object.keys(actual[image]?.probabilities ?? {}).sort()).toEqual(CLASSES);
    for (const [name, value] of Object.entries(probabilities)) {
      const difference = Math.abs((actual[image]?.probabilities[name] ?? Number.NaN) - value);
      expect(difference, `${image}, ${name}`).toBeLessThan(1e-4);
    }
  }
  expect(foreign.filter((url) => !/^(blob|data):/.test(url))).toEqual([]);
  const readme = await readFile(join(folder, "README.md"), "utf8");
  expect(readme).toContain("leaf, sand, and sea apart");
  expect(readme).not.toContain("{{");
});

test("whose the weights are goes along, and the threshold as the person has set it", async ({ page }, info) => {
  await openSample(page, /Groceries/);
  const folder = info.outputPath("along");
  const thresholdIn = async () => {
    const index = await readFile(join(folder, "index.html"), "utf8");
    return Number(/data-threshold="([^"]+)"/.exec(index)?.[1]);
  };
  expect(await unpack(page, folder)).toContain("model.NOTICE");
  expect(await readFile(join(folder, "model.NOTICE"), "utf8")).toContain("EfficientNet-Lite0");
  const usual = await thresholdIn();
  expect(usual).toBeGreaterThan(0);
  await page.getByLabel("Doubt: “none of these”").fill("0.5");
  await answered(page);
  await unpack(page, folder);
  expect(await thresholdIn()).toBeCloseTo(usual / 2);
});

test("what cannot be fetched is told, and nothing is taken by halves", async ({ page }) => {
  await openSample(page, /Beetles/);
  await page.route(/\/along-/, (route) => route.abort());
  await fromMenu(page, "Take it along as a page");
  await expect(page.getByRole("alert")).toContainText("could not be fetched");
});
