/** The page without a network, after one visit with it. */
import { expect, test } from "@playwright/test";
import { readKept } from "./kept";
import { answered, cards, open } from "./support";

test.use({ serviceWorkers: "allow" });

test("after the first visit the page works offline, model and samples too", async ({ page, context }) => {
  await open(page);
  await page.getByRole("button", { name: /Butterflies/ }).click();
  await answered(page);
  const weights = () =>
    page.evaluate(async () => {
      const names = (await caches.keys()).filter((name) => name.endsWith("weights"));
      const all = await Promise.all(names.map(async (n) => (await caches.open(n)).keys()));
      return all.flat().length;
    });
  await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(10);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(weights).toBe(1);
  // Of the two modules, the one that this browser runs.
  const modules = await page.evaluate(async () => {
    const all = await Promise.all((await caches.keys()).map(async (n) => (await caches.open(n)).keys()));
    return all.flat().filter(({ url }) => url.endsWith(".wasm")).map(({ url }) => url);
  });
  expect(modules).toEqual([expect.stringContaining("relaxed")]);
  await context.setOffline(true);
  await page.reload();
  await answered(page);
  await expect(cards(page)).toHaveCount(10);
  await page.getByRole("button", { name: "Samples" }).click();
  await page.getByRole("menuitem", { name: "Fish" }).click();
  await expect(page.getByLabel("Name of class 1")).toHaveValue("Veduna");
  await answered(page);
});

test("the page can be installed", async ({ page }) => {
  await open(page);
  const address = await page.locator("link[rel=manifest]").evaluate((l: HTMLLinkElement) => l.href);
  const manifest = await (await page.request.get(address)).json();
  expect(manifest.display).toBe("standalone");
  for (const { src } of manifest.icons)
    expect((await page.request.get(new URL(src, address).href)).ok()).toBe(true);
});
