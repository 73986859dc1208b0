/** A new version of the site: offered, taken when the person says so, never mixed with the old. */
import { expect, test } from "@playwright/test";
import { siteBefore } from "./site";
import { cards } from "./support";

test.use({ serviceWorkers: "allow" });

test("a new version is offered, and replaces the old one whole", async ({ page, baseURL }) => {
  await using site = await siteBefore(baseURL ?? "");
  await page.goto(site.address);
  await page.getByRole("button", { name: /Beetles/ }).click();
  await expect(cards(page)).toHaveCount(10);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const old = await page.title();
  site.change = ({ path, body }) => {
    if (path === "sw.js") return replaced(body, /VERSION = "\w+"/, 'VERSION = "next"');
    const isPage = path === "" || path === "index.html";
    return isPage ? replaced(body, "<title>", "<title>Newer ") : body;
  };
  await page.reload();
  const offer = page.locator(".notice", { hasText: "A new version of this page is here." });
  await expect(offer).toBeVisible();
  // All of it is here already; what is shown is still the old one, however often it is opened.
  await page.reload();
  expect(await page.title()).toBe(old);
  await offer.getByRole("button", { name: "Reload" }).click();
  await expect(page).toHaveTitle(`Newer ${old}`);
  await expect(cards(page)).toHaveCount(10);
});

function replaced(body: Buffer, what: string | RegExp, by: string): Buffer {
  return Buffer.from(body.toString().replace(what, by));
}
