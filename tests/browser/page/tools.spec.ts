/** Evidence, camera, evaluation: the tools beside the main journey. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { answered, cards, open, openSample, picture, startOwn, teach } from "./support";

test("the evidence of an answer is shown on the picture", async ({ page }) => {
  await openSample(page, /Butterflies/);
  const card = cards(page).first();
  await card.getByRole("button", { name: "Show the evidence" }).click();
  await expect(card.locator("canvas")).toBeVisible();
  await expect(card.getByText(/^Warm where covering/)).toBeVisible();
  await card.getByRole("button", { name: "Hide the evidence" }).click();
  await expect(card.locator("canvas")).toBeHidden();
});

test("the camera gives pictures, one a press and many while held", async ({ page }) => {
  await startOwn(page);
  await page.getByRole("button", { name: "Camera for Class 1" }).click();
  const shutter = page.getByRole("button", { name: /^Take pictures/ });
  await expect
    .poll(() => page.locator("video").evaluate((v: HTMLVideoElement) => v.videoWidth))
    .toBeGreaterThan(0);
  await shutter.click();
  await expect(page.getByText("1 picture taken")).toBeVisible();
  await shutter.click({ delay: 1500 });
  await expect
    .poll(() => page.locator(".class-card").first().locator(".thumb").count())
    .toBeGreaterThan(2);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.locator("video")).toHaveCount(0);
});

test("what the camera sees is classified live, with its rate", async ({ page }) => {
  await teach(page, {
    Red: [picture("red.png", [190, 20, 20])],
    Green: [picture("green.png", [20, 190, 20])],
  });
  await page.getByRole("button", { name: "Look around" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.locator(".answer")).toContainText(/Red|Green/);
  await expect(dialog.getByText(/frames a second/)).toBeVisible();
});

async function folder(root: string): Promise<void> {
  const colours = { red: [190, 20, 20], green: [20, 190, 20], blue: [20, 20, 190] } as const;
  for (const [name, [r, g, b]] of Object.entries(colours)) {
    await mkdir(`${root}/${name}`, { recursive: true });
    for (let i = 0; i < 6; i++) {
      const { buffer } = picture(`${name}${i}`, [r + i, g + 2 * i, b]);
      await writeFile(`${root}/${name}/${i}.png`, buffer);
    }
  }
}

async function openEvaluation(page: Page, root: string): Promise<void> {
  await folder(root);
  await open(page);
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Evaluate…" }).click();
  await page.getByLabel("Choose a folder of classes to evaluate with").setInputFiles(root);
  await expect(page.getByLabel("Episodes")).toBeVisible();
}

test("a folder is evaluated: accuracy, mistakes, curves, files", async ({ page }, info) => {
  await openEvaluation(page, info.outputPath("colours"));
  await expect(page.getByLabel("Classes (ways)")).toHaveValue("3");
  await page.getByLabel("Questions each").fill("2");
  await page.getByLabel("Episodes").fill("30");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Evaluate", exact: true }).click();
  await expect(dialog.getByText("Done.")).toBeVisible({ timeout: 90_000 });
  await expect(dialog.locator(".score")).toHaveText("100%");
  await expect(dialog.locator(".confusion tbody tr")).toHaveCount(3);
  await expect(dialog.getByRole("img", { name: /^Accuracy against examples/ })).toBeVisible();
  const saved = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export as CSV" }).click();
  const file = info.outputPath("evaluation.csv");
  await (await saved).saveAs(file);
  const csv = await readFile(file, "utf8");
  expect(csv).toContain("episodes,,30,");
  expect(csv).toContain("confusion,red > red,");
});

test("an evaluation is cancelled", async ({ page }, info) => {
  await openEvaluation(page, info.outputPath("colours"));
  await page.getByLabel("Episodes").fill("10000");
  await page.getByRole("dialog").getByRole("button", { name: "Evaluate", exact: true }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText(/^Cancelled/)).toBeVisible();
});

test("two hundred pictures are added while the page stays smooth", async ({ page }) => {
  await teach(page, {
    Many: Array.from({ length: 200 }, (_, i) => picture(`many ${i}.png`, [i, 90, 200 - i], 48)),
    Few: [picture("few.png", [200, 200, 20])],
  });
  // Frames are counted while the worker is busy with them.
  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let count = 0;
        const start = performance.now();
        const tick = () => {
          count++;
          if (performance.now() - start < 2000) requestAnimationFrame(tick);
          else resolve(count / 2);
        };
        requestAnimationFrame(tick);
      }),
  );
  test.info().annotations.push({ type: "frames a second", description: frames.toFixed(0) });
  // A blocked page gives none; how many there are on a machine with much else to do is noted only.
  expect(frames).toBeGreaterThan(3);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0, { timeout: 60_000 });
});
