/**
 * Drives Chromium for `cargo xtask bench browser` and prints one JSON object.
 *
 *     node run.mjs WEB CHROMIUM BENCH_URL SITE_URL SITE_FOLDER ROUNDS PEERS MODEL...
 *
 * WEB is the folder whose packages bring Playwright, PEERS the one with the peers' packages, and
 * each MODEL a shipped one that the bench page has.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const [web, executablePath, benchUrl, siteUrl, siteFolder, rounds, benchPackages, ...models] =
  process.argv.slice(2);
const { chromium } = createRequire(join(web, "package.json"))("playwright-core");
const LITERT = "@litertjs/core";
/** The module for browsers of today, which the page chooses in the Chromium that is driven. */
const MODULE = "fewshot_wasm_relaxed.wasm";
/** What is timed: network, batch. */
const ENCODINGS = [
  ["Conv-4", 1],
  ["Conv-4", 25],
  ["EfficientNet-Lite0", 1],
];
/** Of the page with one encoder and with as many as it takes: so many photographs, turn by turn. */
const PHOTOGRAPHS = 200;
const PHOTOGRAPH_ROUNDS = 2;
const HALLUCINATIONS = 100;
const COLD_STARTS = 5;

// The camera is a moving picture of Chromium's own, 20 of them a second.
const CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
const CAMERA_SECONDS = 8;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...CAMERA] });
try {
  const page = await browser.newPage();
  await page.goto(benchUrl);
  await page.waitForFunction(() => window.page !== undefined);
  const versions = await page.evaluate((module) => window.page.versions(module), MODULE);
  const packages = createRequire(join(benchPackages, "package.json"));
  versions["LiteRT.js"] = packages(`${LITERT}/package.json`).version;
  const encoding = [];
  for (const [network, batch] of ENCODINGS) {
    const timed = await page.evaluate(
      ([network, batch, rounds]) => window.page.encoding(network, batch, rounds),
      [network, batch, Number(rounds)],
    );
    encoding.push({ network, batch, timed });
  }
  const hallucination = await page.evaluate(
    (count) => window.page.hallucination(count),
    HALLUCINATIONS,
  );
  const embedding = {};
  for (const model of models) {
    embedding[model] = await page.evaluate(
      ([model, rounds]) => window.page.embedding(model, rounds),
      [model, Number(rounds)],
    );
  }
  await page.close();
  const firstAnswer = [];
  for (let start = 0; start < COLD_STARTS; start++) firstAnswer.push(await coldStart());
  const result = {
    chromium: browser.version(),
    versions,
    encoding,
    hallucination,
    embedding,
    firstAnswer,
    photographs: await photographs(),
    camera: await camera(),
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

/**
 * Milliseconds until photographs of 12 megapixels are embedded, by one encoder and by as many as
 * the page takes, and the memory that all processes of the browser then hold.
 */
async function photographs() {
  const folder = mkdtempSync(join(tmpdir(), "fewshot-"));
  try {
    const file = join(folder, "photograph.jpg");
    writeFileSync(file, await photograph());
    const timed = { one: [], all: [], megabytes: { one: 0, all: 0 } };
    for (let round = 0; round < PHOTOGRAPH_ROUNDS; round++) {
      for (const [name, query] of [
        ["one", "?encoders=1"],
        ["all", ""],
      ]) {
        const { milliseconds, megabytes } = await added(`${siteUrl}${query}`, file);
        timed[name].push(milliseconds);
        timed.megabytes[name] = Math.max(timed.megabytes[name], megabytes);
      }
    }
    return timed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A photograph as a phone makes them, 4000 by 3000: soft shapes with fine noise over them. */
async function photograph() {
  const page = await browser.newPage();
  try {
    const bytes = await page.evaluate(async () => {
      const [width, height] = [4000, 3000];
      const canvas = new OffscreenCanvas(width, height);
      const context = canvas.getContext("2d");
      for (let shape = 0; shape < 60; shape++) {
        context.fillStyle = `hsl(${(shape * 67) % 360} 60% ${30 + ((shape * 13) % 50)}%)`;
        context.beginPath();
        context.arc((shape * 811) % width, (shape * 577) % height, 420, 0, 7);
        context.fill();
      }
      const pixels = context.getImageData(0, 0, width, height);
      let state = 1;
      for (let at = 0; at < pixels.data.length; at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        if (at % 4 !== 3) pixels.data[at] += (state >>> 28) - 8;
      }
      context.putImageData(pixels, 0, 0);
      const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
      return [...new Uint8Array(await blob.arrayBuffer())];
    });
    return Uint8Array.from(bytes);
  } finally {
    await page.close();
  }
}

/** Adds the photograph many times to a class of the page, and waits until every one is embedded. */
async function added(url, file) {
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole("button", { name: "Use your own pictures" }).click();
    await page.getByText("About this model").waitFor();
    const files = Array.from({ length: PHOTOGRAPHS }, () => file);
    const started = Date.now();
    await page.getByLabel("Add pictures to Class 1").setInputFiles(files);
    await page.waitForFunction(
      (count) =>
        document.querySelectorAll(".thumb").length === count &&
        document.querySelector(".thumb.waiting") === null,
      PHOTOGRAPHS,
      { timeout: 300_000 },
    );
    return { milliseconds: Date.now() - started, megabytes: residentMegabytes() };
  } finally {
    await context.close();
  }
}

/** Answers a second that the page tells while it looks through the camera, second by second. */
async function camera() {
  const context = await browser.newContext({ locale: "en-GB" });
  try {
    const page = await context.newPage();
    await page.goto(siteUrl);
    await page.locator("button.sample").first().click();
    await page.locator(".query-card .answer-value").first().waitFor();
    await page.getByRole("button", { name: "Look around" }).click();
    const rate = page.getByText(/^[\d,]+ answers a second$/);
    await rate.waitFor();
    const rates = [];
    for (let second = 0; second < CAMERA_SECONDS; second++) {
      await page.waitForTimeout(1000);
      rates.push(Number.parseInt((await rate.textContent()).replace(",", ""), 10));
    }
    return rates;
  } finally {
    await context.close();
  }
}

/** The most that a process that renders pages has held in memory. */
function residentMegabytes() {
  const kilobytes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((id) => {
      try {
        const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
        if (!command.includes("--type=renderer")) return 0;
        return Number(readFileSync(`/proc/${id}/status`, "utf8").match(/VmHWM:\s+(\d+)/)?.[1] ?? 0);
      } catch {
        // It has ended meanwhile.
        return 0;
      }
    });
  return Math.round(Math.max(0, ...kilobytes) / 1000);
}

/**
 * Bytes of the site after brotli: of the scripts and styles of every visit together, and of the
 * larger module. What counts is what the build of the page counts, in `web/build/sizes.ts`.
 */
function downloaded(folder) {
  const bytes = { wasm: 0, code: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const kind = { wasm: "wasm", js: "code", css: "code" }[entry.name.split(".").at(-1)];
    if (!entry.isFile() || kind === undefined || isOnDemand(folder, entry)) continue;
    const size = brotliCompressSync(readFileSync(join(entry.parentPath, entry.name))).length;
    bytes[kind] = kind === "code" ? bytes.code + size : Math.max(bytes.wasm, size);
  }
  return bytes;
}

/** Handed out to run elsewhere, or fetched when a file is opened that needs it. */
function isOnDemand(folder, { name, parentPath }) {
  return name.startsWith("unzip-") || parentPath.slice(folder.length).startsWith("/along-");
}
