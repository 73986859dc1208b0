/** Growth: a picture more costs what the first ones did, in time and in memory, up to 2,000. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { expect, type Page, test } from "@playwright/test";
import { open, picture } from "../page/support";

const CLASSES = 10;
const ALL = 2000;
const STEPS = 4;
/** What a picture may take, of the last quarter beside the first: other programs take their share. */
const MOST_GROWTH = 2;
/** On two cores with nothing else to do, 2,000 have 90 s; this is for machines that are busy. */
const MOST_SECONDS = 300;
/** Until a correction is in the list, and until all answers are given with it. */
const MOST_SECONDS_FOR_A_KEY = 2;
const MOST_SECONDS_TO_TEACH = 20;
/** The page's own copy of a picture, its thumbnail, and what its row and its point take. */
const MOST_MB_A_PICTURE = 0.4;

// A trace would keep the whole page, thousands of pictures, at every look.
test.use({ trace: "off" });

/** What is said while questions are read. */
const LEFT = / of 2,000 read, about \d+ (second|minute)s? left$/;

interface Step {
  seconds: number;
  megabytes: number;
}

test("two thousand examples, then two thousand questions, at a constant pace", async ({ page }, info) => {
  test.setTimeout(900_000);
  const root = info.outputPath("many");
  await folders(root);
  await open(page, "#model=everyday");
  await page.getByRole("button", { name: "Use your own pictures" }).click();
  await expect(page.getByText("About this model")).toBeVisible();
  const examples = await grow(page, async () => {
    await page.getByLabel("Choose a folder of classes").last().setInputFiles(root);
  }, taught);
  check("examples", examples);
  const questions = await grow(page, async () => {
    await page.getByLabel("Choose a folder to sort").setInputFiles(root);
    await expect(page.locator("#sort-progress")).toContainText(LEFT);
  }, answered);
  check("questions", questions);
  // Still as quick to the hand: a correction by key, and the answers after it.
  await page.locator(".sort-row").first().getByRole("button").first().focus();
  const before = Date.now();
  await page.keyboard.press("2");
  await expect(page.locator(".sort-row").first()).toHaveAttribute("aria-setsize", String(ALL - 1));
  const seconds = (Date.now() - before) / 1000;
  console.log(`a correction among ${ALL} questions: ${seconds.toFixed(2)} s`);
  expect(seconds).toBeLessThan(MOST_SECONDS_FOR_A_KEY);
  const tally = page.locator(".queries .column-head .count");
  const told = await tally.textContent();
  await expect(tally).not.toHaveText(told ?? "", { timeout: 1000 * MOST_SECONDS_TO_TEACH });
  const all = (Date.now() - before) / 1000;
  console.log(`all of them answered anew after it: ${all.toFixed(1)} s (${await tally.textContent()})`);
});

/** Class folders with small pictures, no two alike. */
async function folders(root: string): Promise<void> {
  for (let c = 0; c < CLASSES; c++) {
    await mkdir(`${root}/class ${c}`, { recursive: true });
    for (let i = 0; i < ALL / CLASSES; i++) {
      const { buffer } = picture(`${c} ${i}`, [25 * c, i, 200 - i]);
      await writeFile(`${root}/class ${c}/${c} ${i}.png`, buffer);
    }
  }
}

function taught(): number {
  return document.querySelectorAll(".thumb:not(.waiting)").length;
}

/** As many as the filter counts in its classes. */
function answered(): number {
  const options = [...document.querySelectorAll("#sort-filter option")].slice(1);
  const count = ({ textContent }: Element) => /\(([\d,]+)\)$/.exec(textContent ?? "")?.[1] ?? "0";
  return options.reduce((sum, option) => sum + Number(count(option).replace(",", "")), 0);
}

/** Seconds and memory of each quarter of the pictures that `bring` brings. */
async function grow(page: Page, bring: () => Promise<void>, done: () => number): Promise<Step[]> {
  const steps: Step[] = [];
  let [time, held] = [Date.now(), memory()];
  await bring();
  for (let step = 1; step <= STEPS; step++) {
    const wanted = (ALL * step) / STEPS;
    // The page's policy forbids a function to be made of text there, as waiting for one would.
    while ((await page.evaluate(done)) < wanted) await page.waitForTimeout(200);
    const [now, holds] = [Date.now(), memory()];
    steps.push({ seconds: (now - time) / 1000, megabytes: holds - held });
    [time, held] = [now, holds];
  }
  return steps;
}

function check(what: string, steps: readonly Step[]): void {
  const sum = (of: keyof Step, from = 0) => steps.slice(from).reduce((all, s) => all + s[of], 0);
  const list = (of: keyof Step) => steps.map((step) => step[of].toFixed(1)).join(", ");
  const figures = `${ALL} ${what}: ${sum("seconds").toFixed(1)} s (quarters ${list("seconds")}), MB ${list("megabytes")}`;
  console.log(figures);
  test.info().annotations.push({ type: "growth", description: figures });
  const [first, last] = [steps[0], steps.at(-1)];
  expect(last?.seconds, figures).toBeLessThan(MOST_GROWTH * (first?.seconds ?? 0));
  expect(sum("seconds"), figures).toBeLessThan(MOST_SECONDS);
  // The first quarter starts the workers too.
  expect(sum("megabytes", 1) / (ALL * 0.75), figures).toBeLessThan(MOST_MB_A_PICTURE);
}

/** What all processes of the browser hold, in MB, those that they share once; 0 where it is not told. */
function memory(): number {
  const held = (pid: string): number => {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("chrom")) return 0;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1000;
    } catch {
      // Another system, or it has ended meanwhile.
      return 0;
    }
  };
  try {
    return readdirSync("/proc").reduce((sum, pid) => sum + (/^\d+$/.test(pid) ? held(pid) : 0), 0);
  } catch {
    return 0;
  }
}
