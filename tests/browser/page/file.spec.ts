/** The page opened as a file, which browsers do not let run: a sentence, and no blank page. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";

const INDEX = resolve(__dirname, "../../../web/dist/index.html");

test("opened from the disk, the page says what it needs", async ({ page }) => {
  test.skip(!existsSync(INDEX), "the page was built elsewhere");
  await page.goto(pathToFileURL(INDEX).href);
  await expect(page.getByText("Opened as a file (file://), browsers do not let it run")).toBeVisible();
  await expect(page.getByText("Als Datei geöffnet (file://)")).toBeVisible();
});

test("the sentence is not seen where the page starts", async ({ page }) => {
  await page.goto("./");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator(".unstarted")).toHaveCount(0);
});
