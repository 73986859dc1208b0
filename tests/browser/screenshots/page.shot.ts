/** The page as the documents show it: three widths, light and dark. */
import { join, resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { answered, open } from "../page/support";

const IMAGES = resolve(__dirname, "../../../docs/images");
const SIZES = [
  { name: "desktop", width: 1440, height: 940 },
  { name: "tablet", width: 768, height: 1024 },
  { name: "phone", width: 360, height: 740 },
];

for (const { name, width, height } of SIZES) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`${name}, ${colorScheme}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await open(page);
      await page.getByRole("button", { name: /Groceries/ }).click();
      await answered(page);
      await page.getByLabel("Imagined examples per class").fill("30");
      // t-SNE settles.
      await page.waitForTimeout(6000);
      await page.evaluate(() => scrollTo(0, 0));
      await page.mouse.move(0, 0);
      await page.screenshot({ path: join(IMAGES, `page-${name}-${colorScheme}.png`) });
      if (name !== "desktop") return;
      await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("menuitem", { name: "Start over" }).click();
      await page.getByRole("button", { name: "Dismiss" }).click();
      await expect(page.locator(".sample").first()).toBeVisible();
      await page.mouse.move(0, 0);
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(IMAGES, `page-welcome-${colorScheme}.png`) });
    });
  }
}
