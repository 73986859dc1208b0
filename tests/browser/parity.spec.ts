/**
 * Native = browser: the same pictures and weights, classified by `fewshot predict` and by the page
 * through its own controls, give the same labels and probabilities.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { answered, cards, open } from "./page/support";

const TOLERANCE = 1e-4;
const ROOT = resolve(__dirname, "../..");
const PICTURES = join(__dirname, "pictures");
const SUPPORT = join(PICTURES, "support");
const QUERIES = join(PICTURES, "queries");
/** Saved by PyTorch, without a word about itself: both sides read its sizes off the shapes. */
const BARE = "tests/golden/state_dict.safetensors";

interface Answer {
  label: string;
  probabilities: Record<string, number>;
  /** What the command says alone. */
  nearest?: { class: string; image: string };
}

/** What the command says, by the name of the query's file. */
function native(weights: string, options: string[]): Map<string, Answer> {
  const program = process.env.FEWSHOT_BIN ?? join(ROOT, "target/debug/fewshot");
  const printed = execFileSync(
    program,
    ["predict", "--weights", join(ROOT, weights), "--query", QUERIES, "--json", ...options],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const lines = printed.trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map((answer) => [answer.image, answer]));
}

/** What the page shows, once every question is answered. */
async function shown(page: Page): Promise<Map<string, Answer>> {
  await answered(page);
  const read = await cards(page).evaluateAll((elements) =>
    elements.map((card) => {
      const bars = [...card.querySelectorAll<HTMLElement>(".bar")];
      const name = (bar: Element) => bar.querySelector(".bar-name")?.textContent ?? "";
      return {
        image: card.querySelector<HTMLImageElement>(".query-picture img")?.alt ?? "",
        label: bars.filter((bar) => bar.classList.contains("best")).map(name).join(),
        probabilities: Object.fromEntries(
          bars.map((bar) => [name(bar), Number(bar.dataset.probability)]),
        ),
      };
    }),
  );
  return new Map(read.map((answer) => [answer.image, answer]));
}

/** Teaches and asks by the page's own controls, with a model already chosen. */
async function upload(page: Page): Promise<void> {
  await page.getByLabel("Choose a folder of classes").first().setInputFiles(SUPPORT);
  const files = readdirSync(QUERIES).map((name) => join(QUERIES, name));
  await page.getByLabel("Add pictures to ask about").setInputFiles(files);
  await expect(cards(page)).toHaveCount(files.length);
}

function compare(expected: Map<string, Answer>, actual: Map<string, Answer>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [image, { label, probabilities }] of expected) {
    const other = actual.get(image);
    expect(other?.label, image).toBe(likeliest(probabilities));
    expect([likeliest(probabilities), "none of these"], image).toContain(label);
    expect(Object.keys(other?.probabilities ?? {}).sort()).toEqual(
      Object.keys(probabilities).sort(),
    );
    for (const [name, value] of Object.entries(probabilities)) {
      const difference = Math.abs((other?.probabilities[name] ?? Number.NaN) - value);
      expect(difference, `${image}, ${name}`).toBeLessThan(TOLERANCE);
    }
  }
}

function likeliest(probabilities: Record<string, number>): string {
  const [first] = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  return first?.[0] ?? "";
}

async function agree(page: Page, weights: string): Promise<void> {
  for (const distance of ["cosine", "dot", "l2"]) {
    const options = ["--head", "prototype", "--distance", distance];
    await same(page, native(weights, ["--support", SUPPORT, ...options]), ["prototype", distance]);
  }
  const ridge = native(weights, ["--support", SUPPORT, "--head", "ridge"]);
  await same(page, ridge, ["ridge"]);
}

/**
 * The answers to the setting before may still stand for a moment, and a model that arrives brings
 * its own head and distance along unless another one was chosen: the choice is made at each look.
 */
async function same(
  page: Page,
  expected: Map<string, Answer>,
  chosen: readonly string[] = [],
): Promise<void> {
  await expect(async () => {
    for (const value of chosen)
      await page.locator(`.segmented input[value="${value}"]`).check({ force: true });
    compare(expected, await shown(page));
  }).toPass({ timeout: 40_000 });
}

for (const bare of [BARE, "tests/golden/state_dict_resnet12.safetensors"]) {
  test(`PyTorch's bare weights, opened by the person: ${bare}`, async ({ page }) => {
    await open(page);
    await page.getByLabel("Use a model of your own").setInputFiles(join(ROOT, bare));
    await upload(page);
    await agree(page, bare);
  });
}

test("what was imagined goes along with an exported classifier", async ({ page }, info) => {
  await open(page);
  await page.getByLabel("Use a model of your own").setInputFiles(join(ROOT, BARE));
  await upload(page);
  const before = await shown(page);
  await page.getByLabel("Imagined examples per class").fill("20");
  await expect(async () => expect(await shown(page)).not.toEqual(before)).toPass();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Export the classifier" }).click();
  const file = info.outputPath("classifier.safetensors");
  await (await saved).saveAs(file);
  const answers = native(BARE, ["--support", file]);
  await same(page, answers);
  // By the names that the person gave and chose, not by what the page calls them inside.
  const classes = readdirSync(SUPPORT);
  const pictures = classes.flatMap((name) => readdirSync(join(SUPPORT, name)));
  for (const { nearest } of answers.values()) {
    expect(classes).toContain(nearest?.class);
    expect(pictures).toContain(nearest?.image);
  }
});

for (const { id, file } of shipped()) {
  for (const module of ["relaxed", "simd"]) {
    test(`the shipped model ${id}, module ${module}`, async ({ page }) => {
      await open(page, `?module=${module}`);
      await upload(page);
      await page.locator(`input[name="model"][value="${id}"]`).check({ force: true });
      await agree(page, join("weights", file));
    });
  }
}

function shipped(): { id: string; file: string }[] {
  const manifest = join(ROOT, "weights/manifest.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).models : [];
}
