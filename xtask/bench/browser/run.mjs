/**
 * Drives Chromium for `cargo xtask bench browser` and prints one JSON object.
 *
 *     node run.mjs WEB CHROMIUM BENCH_URL SITE_URL SITE_FOLDER ROUNDS
 *
 * WEB is the folder whose packages bring Playwright.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const [web, executablePath, benchUrl, siteUrl, siteFolder, rounds] = process.argv.slice(2);
const { chromium } = createRequire(join(web, "package.json"))("playwright-core");
const BATCHES = [1, 25];
const HALLUCINATIONS = 100;
const COLD_STARTS = 5;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.goto(benchUrl);
  await page.waitForFunction(() => window.page !== undefined);
  const versions = await page.evaluate(() => window.page.versions());
  const encoding = [];
  for (const batch of BATCHES) {
    const timed = await page.evaluate(
      ([batch, rounds]) => window.page.encoding(batch, rounds),
      [batch, Number(rounds)],
    );
    encoding.push({ batch, timed });
  }
  const hallucination = await page.evaluate(
    (count) => window.page.hallucination(count),
    HALLUCINATIONS,
  );
  await page.close();
  const firstAnswer = [];
  for (let start = 0; start < COLD_STARTS; start++) firstAnswer.push(await coldStart());
  const result = {
    chromium: browser.version(),
    versions,
    encoding,
    hallucination,
    firstAnswer,
    bytes: downloaded(siteFolder),
  };
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}

/**
 * Milliseconds from the start of loading the page, nothing cached, until the first answer of the
 * first sample episode is painted; the sample is clicked as soon as it is there.
 */
async function coldStart() {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(() => {
      let clicked = false;
      const look = () => {
        const sample = document.querySelector("button.sample");
        if (sample && !clicked) {
          clicked = true;
          sample.click();
        }
        const answers = [...document.querySelectorAll(".query-card .answer-value")];
        if (answers.some((answer) => answer.textContent)) {
          window.firstAnswer = performance.now();
        } else {
          requestAnimationFrame(look);
        }
      };
      requestAnimationFrame(look);
    });
    await page.goto(siteUrl);
    const answered = await page.waitForFunction(() => window.firstAnswer, null, { timeout: 60000 });
    return await answered.jsonValue();
  } finally {
    await context.close();
  }
}

/** Bytes of the site after brotli, by kind. */
function downloaded(folder) {
  const bytes = { wasm: 0, code: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const kind = { wasm: "wasm", js: "code", css: "code" }[entry.name.split(".").at(-1)];
    if (!entry.isFile() || kind === undefined) continue;
    bytes[kind] += brotliCompressSync(readFileSync(join(entry.parentPath, entry.name))).length;
  }
  return bytes;
}
