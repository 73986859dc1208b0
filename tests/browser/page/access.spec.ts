/** For everybody: no violation that axe knows, the keyboard alone, languages, narrow screens. */
import AxeBuilder from "axe-core";
import { expect, type Page, test } from "@playwright/test";
import { answered, open, openSample } from "./support";

/** Runs axe in the page; its source goes in by the debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async () => {
    const axe = (window as unknown as { axe: typeof AxeBuilder }).axe;
    const { violations } = await axe.run(document);
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`));
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any view, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await open(page);
    await expect(page.locator(".sample").first()).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.locator(".sample").first().click();
    await answered(page);
    await page.getByText("The same as a table").click();
    expect(await violations(page)).toEqual([]);
    await page.locator(".thumb").first().click();
    await expect(page.getByRole("menu")).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("menuitem", { name: "Look closer" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });
}

test("the keyboard alone loads a sample, corrects an answer and undoes it", async ({ page }) => {
  await open(page);
  await page.locator(".sample").first().focus();
  await page.keyboard.press("Enter");
  await answered(page);
  const menu = page.getByRole("button", { name: /^Menu of .*jpg$/ }).first();
  await menu.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  // Past "Look closer" to the first class.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator(".query-card")).toHaveCount(9);
  await page.keyboard.press("Control+z");
  await expect(page.locator(".query-card")).toHaveCount(10);
});

test("results are announced, and the map is read by arrow keys", async ({ page }) => {
  await openSample(page, /Butterflies/);
  await expect(page.getByRole("status").filter({ hasText: "10 pictures recognised" })).toBeAttached();
  const map = page.getByRole("group", { name: "How it sees them" });
  await map.focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator(".map-tip")).toContainText(/example|prototype|question/);
});

test("the page speaks German where the browser does", async ({ browser }) => {
  const context = await browser.newContext({ locale: "de-DE" });
  const page = await context.newPage();
  await open(page);
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect(page.getByText("Bring es ihm mit einer Handvoll Bilder bei.")).toBeVisible();
  await context.close();
});

for (const width of [360, 768, 1440]) {
  test(`nothing sticks out at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await openSample(page, /Butterflies/);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
  });
}
