/** Smooth and small: the worker does the work, the page stays free, memory stays bounded. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { expect, type Page, test } from "@playwright/test";
import { ON_DEMAND } from "../../../web/build/sizes";
import { large } from "./pictures";
import { answered, cards, picture, teach } from "./support";

/** Of JavaScript and style sheets together, compressed; WebAssembly and weights have their own. */
const MOST_BYTES = 60_000;
/** Of what a page asks for only when a file is opened that needs it. */
const MOST_ON_DEMAND_BYTES = 5_000;
/** A frame that is late by more is seen, on a machine that has nothing else to do. */
const LONG_TASK_MS = 50;

/** Keeps a list of everything that held the page's own thread for 50 ms or longer. */
async function watchLongTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map((entry) => entry.duration));
    }).observe({ type: "longtask" });
  });
  return () => page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
}

test("two hundred pictures are added while the page stays smooth", async ({ page }) => {
  const longTasks = await watchLongTasks(page);
  await teach(page, { Many: [], Few: [picture("few.png", [200, 200, 20])] });
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  const before = (await longTasks()).length;
  const start = Date.now();
  const many = Array.from({ length: 200 }, (_, i) => picture(`many ${i}.png`, [i, 90, 200 - i], 48));
  await page.getByLabel("Add pictures to Many").setInputFiles(many);
  await expect(page.locator(".thumb")).toHaveCount(201);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0, { timeout: 90_000 });
  const took = Date.now() - start;
  const held = (await longTasks()).slice(before);
  const late = held.reduce((sum, task) => sum + task - LONG_TASK_MS, 0);
  test.info().annotations.push({
    type: "long tasks",
    description: `${held.map(Math.round).join(", ")} ms of ${took} ms`,
  });
  // Had the page itself decoded or embedded, it would have been held for seconds. A machine with
  // nothing else to do stays far below; one with ten times its load was still within.
  expect(Math.max(0, ...held), "longest").toBeLessThan(1000);
  expect(late / took, "share of the time in which frames are late").toBeLessThan(0.25);
});

test("a photograph of many pixels is scaled without freezing, and only small copies are shown", async ({
  page,
}, info) => {
  const longTasks = await watchLongTasks(page);
  const { buffer } = large("", 6000, 4000);
  expect(buffer.length).toBeGreaterThan(400_000);
  // From the disk, as a person's are: bytes that a test hands over are decoded in the page itself.
  const [support, question] = ["photograph.png", "question.png"].map((n) => info.outputPath(n));
  for (const path of [support, question]) await writeFile(path ?? "", buffer);
  await teach(page, { Large: [], Small: [picture("small.png", [20, 30, 190])] });
  await page.getByLabel("Add pictures to Large").setInputFiles(support ?? "");
  await page.getByLabel("Add pictures to ask about").setInputFiles(question ?? "");
  await answered(page);
  await expect(cards(page).locator(".answer")).toHaveText("Large");
  const side = (image: HTMLImageElement) => image.naturalWidth;
  expect(await page.locator(".thumb img").first().evaluate(side)).toBe(256);
  expect(await cards(page).locator(".query-picture img").evaluate(side)).toBe(256);
  expect(Math.max(0, ...(await longTasks()))).toBeLessThan(1000);
  await page.getByRole("button", { name: "Menu of question.png" }).click();
  await page.getByRole("menuitem", { name: "Look closer" }).click();
  await expect(page.getByText("Original, 6000 × 4000 pixels")).toBeVisible();
});

test("scripts and styles are small", async ({ page }) => {
  await page.goto("./");
  const list = await (await page.request.get("./sw.js")).text();
  const files: string[] = JSON.parse(list.match(/FILES = (\[.*?\]);/)?.[1] ?? "[]");
  const code = files.filter((file) => /\.(js|css)$/.test(file));
  expect(code.length).toBeGreaterThanOrEqual(3);
  let bytes = 0;
  let onDemand = 0;
  for (const file of code) {
    const size = brotliCompressSync(await (await page.request.get(file)).body()).length;
    if (ON_DEMAND.test(basename(file))) onDemand += size;
    else bytes += size;
  }
  const description = `${bytes} bytes, ${onDemand} on demand`;
  test.info().annotations.push({ type: "brotli", description });
  expect(bytes).toBeLessThan(MOST_BYTES);
  expect(onDemand).toBeLessThan(MOST_ON_DEMAND_BYTES);
});
