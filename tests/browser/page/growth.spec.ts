/** Growth: a picture more costs what the first ones did, in time and in memory, up to 2,000. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { open, picture } from "./support";

const CLASSES = 10;
const EACH = 200;
const ALL = CLASSES * EACH;
const STEPS = 4;
/** The light model, on two cores with nothing else to do: 2,000 pictures have 90 s. */
const MOST_SECONDS = 90;

test("two thousand pictures are learned at a constant pace", async ({ page }, info) => {
  test.setTimeout(900_000);
  const root = info.outputPath("many");
  for (let c = 0; c < CLASSES; c++) {
    await mkdir(`${root}/class ${c}`, { recursive: true });
    for (let i = 0; i < EACH; i++) {
      const { buffer } = picture(`${c} ${i}`, [25 * c, i, 200 - i]);
      await writeFile(`${root}/class ${c}/${i}.png`, buffer);
    }
  }
  await open(page, `#model=${process.env.M ?? "photos"}`);
  await page.getByRole("button", { name: "Use your own pictures" }).click();
  await expect(page.getByText("About this model")).toBeVisible();
  const started = memory(page);
  const before = Date.now();
  await page.getByLabel("Choose a folder of classes").last().setInputFiles(root);
  const steps: { seconds: number; megabytes: number }[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const count = (ALL * step) / STEPS;
    await page.waitForFunction(
      (n) => document.querySelectorAll(".thumb:not(.waiting)").length >= n,
      count,
      { timeout: 600_000, polling: 200 },
    );
    steps.push({ seconds: (Date.now() - before) / 1000, megabytes: memory(page) - started });
    console.log(count, steps.at(-1));
  }
});

/** What all processes of the browser hold, in MB: pages that several share count for each in part. */
function memory(_page: Page): number {
  let kilobytes = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("chrom")) continue;
      kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return kilobytes / 1000;
}
