/** Why it answers so: the evidence, the map and its twin in words, and what imagining changes. */
import { expect, type Locator, type Page, test } from "@playwright/test";
import { answered, cards, open, openSample } from "./support";

const MORE = "Imagined examples per class";

test("the evidence of an answer is shown on the picture", async ({ page }) => {
  await openSample(page, /Butterflies/);
  const card = cards(page).first();
  await card.getByRole("button", { name: "Show the evidence" }).click();
  await expect(card.locator("canvas")).toBeVisible();
  await expect(card.getByText(/^Warm where covering/)).toBeVisible();
  await card.getByRole("button", { name: "Hide the evidence" }).click();
  await expect(card.locator("canvas")).toBeHidden();
});

/** The rows of the map's twin, which follows the map once a second. */
async function rows(page: Page): Promise<string[]> {
  return page.locator(".more tbody tr").allInnerTexts();
}

async function openTwin(page: Page): Promise<Locator> {
  await page.getByText("The same as a table").click();
  const twin = page.getByRole("region", { name: "Features in the plane" });
  await expect(twin.locator("tbody tr").first()).toBeVisible();
  return twin;
}

/** With the model whose generator moves answers the most. */
async function openBeetles(page: Page): Promise<void> {
  await open(page, "#sample=beetles&model=photos");
  await answered(page);
  await expect(cards(page)).toHaveCount(10);
}

test("the change of every answer is shown, against the answer without imagining", async ({
  page,
}) => {
  await openBeetles(page);
  const bars = cards(page).first().locator(".bar");
  const before = await bars.locator(".bar-value").allTextContents();
  await page.getByLabel(MORE).fill("20");
  const was = () => bars.locator(".visually-hidden").allTextContents();
  await expect.poll(was).toEqual(before.map((p) => `${p} without imagined examples`));
  await expect(bars.locator(".bar-mark").first()).toBeVisible();
  await expect(page.locator(".bar-change").filter({ hasText: /^[+-]\d+$/ }).first()).toBeVisible();
  await page.getByLabel(MORE).fill("0");
  await expect(bars.locator(".bar-mark").first()).toBeHidden();
});

test("the map moves with imagined examples, distance and pictures", async ({ page }) => {
  await openBeetles(page);
  await page.getByRole("radio", { name: "Prototypes" }).check({ force: true });
  await page.getByText("PCA", { exact: true }).click();
  const twin = await openTwin(page);
  // Five classes seen once, ten questions: no frames follow, PCA is there at once.
  const rowsOf = async (kind: string) =>
    (await rows(page)).filter((row) => row.startsWith(kind)).join("\n");
  await expect(twin.getByRole("cell", { name: "question" })).toHaveCount(10);
  let last = await rowsOf("prototype");
  const moved = async () => {
    await expect.poll(() => rowsOf("prototype")).not.toBe(last);
    last = await rowsOf("prototype");
  };
  await page.getByLabel(MORE).fill("20");
  await expect(twin.getByRole("cell", { name: "20 imagined" })).toHaveCount(5);
  await moved();
  // Whichever of the two is not the model's own.
  const other = page.locator(":is(input[value=l2], input[value=cosine]):not(:checked)");
  await page.locator(`input[value=${await other.getAttribute("value")}]`).check({ force: true });
  await moved();
  await page.getByRole("button", { name: /^Menu of .*jpg$/ }).first().click();
  await page.getByRole("menuitem", { name: /^It is/ }).first().click();
  await expect(twin.getByRole("cell", { name: "question" })).toHaveCount(9);
  await moved();
});

test("the map shows a picture under the pointer and by arrow keys", async ({ page }) => {
  await openSample(page, /Butterflies/);
  const map = page.getByRole("group", { name: "How it sees them" });
  const tip = page.locator(".map-tip");
  await map.focus();
  await page.keyboard.press("ArrowRight");
  await expect(tip).toContainText(/example|prototype|question/);
  await expect(tip.locator("img")).toBeVisible();
  await map.blur();
  await expect(tip).toBeHidden();
  await expect(async () => {
    const box = await map.boundingBox();
    for (let step = 0; box && step < 400 && (await tip.isHidden()); step++) {
      const [x, y] = [(step % 20) / 20, Math.floor(step / 20) / 20];
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
    }
    expect(await tip.isVisible()).toBe(true);
  }).toPass();
});

test("where motion is unwanted, nothing moves by itself", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await open(page);
  await page.getByRole("button", { name: /Beetles/ }).click();
  await answered(page);
  await page.getByLabel(MORE).fill("20");
  const moving = await page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
  const transition = await page
    .locator(".bar-fill")
    .first()
    .evaluate((bar) => getComputedStyle(bar).transitionDuration);
  expect(transition).toBe("0s");
});
