/** Several workers and two modules: the same answers, whoever computes them, and none is lost. */
import { expect, type Page, test } from "@playwright/test";
import { answered, cards, crash, fromMenu, open, picture, teach } from "./support";

/** Of every question, each class's probability, unrounded and in the order of the page. */
function probabilities(page: Page): Promise<number[][]> {
  return cards(page).evaluateAll((all) =>
    all.map((card) =>
      [...card.querySelectorAll<HTMLElement>(".bar")].map((bar) => Number(bar.dataset.probability)),
    ),
  );
}

async function ofSample(page: Page, query: string): Promise<number[][]> {
  await open(page, query);
  const sample = page.getByRole("button", { name: /Groceries/ });
  // A second visit finds the session of the first.
  await expect(cards(page).first().or(sample).first()).toBeVisible();
  if (await cards(page).first().isVisible()) await fromMenu(page, "Start over");
  await sample.click();
  await answered(page);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  // The last pictures may still be on their way into the answers.
  let before: number[][] = [];
  await expect(async () => {
    const now = await probabilities(page);
    const isSettled = JSON.stringify(now) === JSON.stringify(before);
    before = now;
    expect(isSettled).toBe(true);
  }).toPass({ intervals: [700] });
  return before;
}

function workers(page: Page): Promise<string[]> {
  return Promise.all(page.workers().map((w) => w.evaluate(() => self.name).catch(() => "gone")));
}

test("one encoder or several: every number is the same", async ({ page }) => {
  const one = await ofSample(page, "?encoders=1");
  expect(one).toHaveLength(12);
  expect(await workers(page)).toEqual(["session", "encoder"]);
  const several = await ofSample(page, "?encoders=3");
  expect((await workers(page)).filter((name) => name === "encoder").length).toBeGreaterThan(1);
  expect(several).toEqual(one);
});

test("either module gives the same answers, and the page says which it runs", async ({ page }) => {
  const relaxed = await ofSample(page, "");
  expect(await said(page)).toEqual({ simd: "relaxed SIMD", fetched: [true] });
  const plain = await ofSample(page, "?module=simd");
  expect(await said(page)).toEqual({ simd: "SIMD", fetched: [false] });
  for (const [i, row] of relaxed.entries())
    for (const [j, value] of row.entries())
      expect(Math.abs(value - (plain[i]?.[j] ?? Number.NaN))).toBeLessThan(1e-4);
});

/** What the page says it computes with, and whether the modules it fetched are relaxed. */
async function said(page: Page): Promise<{ simd: string | undefined; fetched: boolean[] }> {
  const facts = await page.locator(".facts").textContent();
  const urls = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name),
  );
  const modules = urls.filter((url) => url.endsWith(".wasm"));
  return {
    simd: facts?.match(/WebAssembly with (relaxed SIMD|SIMD)/)?.[1],
    fetched: modules.map((url) => url.includes("relaxed")),
  };
}

test("an encoder that stops is replaced, and no picture is lost", async ({ page }) => {
  await teach(page, { Many: [], Few: [picture("few.png", [200, 200, 20])] });
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  const many = Array.from({ length: 60 }, (_, i) => picture(`many ${i}.png`, [i, 90, 200 - i], 48));
  await page.getByLabel("Add pictures to Many").setInputFiles(many);
  await crash(page, "encoder");
  await expect(page.locator(".thumb")).toHaveCount(61);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  await expect(page.locator(".thumb.unread")).toHaveCount(0);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a module that does not arrive is told, and fetched again", async ({ page }) => {
  await page.route(/\.wasm$/, (route) => route.abort());
  await open(page);
  await page.getByRole("button", { name: "Use your own pictures" }).click();
  await expect(page.getByRole("alert")).toContainText("could not be fetched");
  await page.unroute(/\.wasm$/);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("About this model")).toBeVisible();
});

test("a worker whose script does not arrive is not started for ever", async ({ page }) => {
  let asked = 0;
  await page.route(/\/worker-[^/]*\.js$/, (route) => {
    asked++;
    return route.abort();
  });
  await open(page);
  const told = page.getByRole("alert").filter({ hasText: "is not started again by itself" });
  await expect(told).toBeVisible();
  expect(asked).toBeLessThan(20);
  const before = asked;
  await page.waitForTimeout(2000);
  expect(asked).toBe(before);
  await page.unroute(/\/worker-[^/]*\.js$/);
  await told.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Use your own pictures" }).click();
  await expect(page.getByText("About this model")).toBeVisible();
});
