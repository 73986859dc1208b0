/** Evaluation by episodes: from a folder or the page's own classes, with its pictures and files. */
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { answered, classFolders, dropFiles, fromMenu, open } from "./support";

/** Opens the window and drops a folder on it, as from the desktop. */
async function openEvaluation(page: Page, root: string): Promise<Locator> {
  await open(page);
  await fromMenu(page, "Evaluate…");
  const dialog = page.getByRole("dialog");
  await dropFiles(page, dialog, [await classFolders(root)]);
  await expect(dialog.getByLabel("Episodes")).toBeVisible();
  return dialog;
}

async function run(dialog: Locator, episodes: number): Promise<void> {
  await dialog.getByLabel("Questions each").fill("2");
  await dialog.getByLabel("Episodes").fill(String(episodes));
  await dialog.getByRole("button", { name: "Evaluate", exact: true }).click();
}

async function saved(page: Page, dialog: Locator, button: string, file: string): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: button }).click();
  await (await download).saveAs(file);
  return readFile(file);
}

test("a folder is evaluated: accuracy, curves, table, picture", async ({ page }, info) => {
  await page.emulateMedia({ colorScheme: "dark" });
  const dialog = await openEvaluation(page, info.outputPath("colours"));
  await expect(dialog.getByLabel("Classes (ways)")).toHaveValue("3");
  await run(dialog, 30);
  await expect(dialog.getByText("Done.")).toBeVisible({ timeout: 90_000 });
  await expect(dialog.locator(".score")).toHaveText("100%");
  await expect(dialog.locator(".confusion tbody tr")).toHaveCount(3);
  await expect(dialog.getByRole("img", { name: /^Accuracy against examples. 1: / })).toBeVisible();
  const imagined = dialog.getByRole("img", { name: /^Accuracy against imagined examples. 0: / });
  await expect(imagined).toHaveAttribute("aria-label", /100: [\d.]+%$/);
  const csv = (
    await saved(page, dialog, "Export as CSV", info.outputPath("evaluation.csv"))
  ).toString();
  expect(csv).toContain("episodes,,30,");
  expect(csv).toContain("confusion,red > red,");
  expect(csv).toMatch(/accuracy over imagined,100,[\d.]+,[\d.]+/);
  const png = await saved(page, dialog, "Export as PNG", info.outputPath("evaluation.png"));
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
});

test("cells of the confusion open their pictures", async ({ page }, info) => {
  const dialog = await openEvaluation(page, info.outputPath("colours"));
  await run(dialog, 30);
  await dialog.getByRole("button", { name: /^red recognised: 100%/ }).click();
  const cell = page.getByRole("dialog", { name: /^red recognised/ });
  await expect(cell.getByRole("img")).toHaveCount(6);
  await cell.getByRole("button", { name: "Close" }).click();
  await expect(dialog.locator(".confusion")).toBeVisible();
});

test("the classes of the page are evaluated, wrong answers with their pictures", async ({
  page,
}) => {
  // The light model mistakes some beetles; the default one none.
  await open(page, "#sample=beetles&model=photos");
  await answered(page);
  await fromMenu(page, "Evaluate…");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Use the classes of this page" }).click();
  await run(dialog, 40);
  await dialog.getByRole("button", { name: / taken for / }).first().click();
  const cell = page.getByRole("dialog", { name: / taken for / });
  await expect(cell.getByRole("img").first()).toBeVisible();
});

test("an evaluation is cancelled", async ({ page }, info) => {
  const dialog = await openEvaluation(page, info.outputPath("colours"));
  await run(dialog, 10_000);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog.getByText(/^Cancelled/)).toBeVisible();
});
