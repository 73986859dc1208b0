/** The choice of the model: another shipped one, one's own, how it arrives, and that it does not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { readKept } from "./kept";
import { siteBefore } from "./site";
import {
  answered,
  ask,
  cards,
  fromMenu,
  open,
  openSample,
  picture,
  SAMPLES,
  teach,
  WEIGHTS,
} from "./support";

const RED: [number, number, number] = [190, 20, 20];
const TWO = {
  Red: [picture("red.png", RED)],
  Blue: [picture("blue.png", [20, 30, 190])],
};

async function facts(page: Page): Promise<string> {
  await page.getByText("About this model").click();
  return page.locator(".facts").innerText();
}

test("another model sees every picture anew, and none is lost", async ({ page }) => {
  await openSample(page, /Butterflies/);
  const characters = page.getByRole("radio", { name: /^Handwritten characters [\d.]+ MB For letters and drawings .*[\d.]+% on/ });
  await characters.check({ force: true });
  await expect(page.getByText("84 × 84 pixels, colour")).toHaveCount(0);
  await answered(page);
  await expect(cards(page)).toHaveCount(10);
  await expect(page.locator(".thumb")).toHaveCount(15);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  expect(await facts(page)).toContain("28 × 28 pixels, grey");
  await page.locator(".thumb").first().click();
  await page.getByRole("menuitem", { name: "Look closer" }).click();
  const side = (view: HTMLImageElement) => view.naturalWidth;
  expect(await page.getByAltText("What the model sees").evaluate(side)).toBe(28);
});

test("a model file of one's own is checked, and says what it is", async ({ page }) => {
  await teach(page, TWO);
  const buffer = readFileSync(join(WEIGHTS, "omniglot.safetensors"));
  const file = { name: "mine.safetensors", mimeType: "", buffer };
  await page.getByLabel("Use a model of your own").setInputFiles([file]);
  await expect(page.getByRole("radio", { name: /^mine/ })).toBeChecked();
  await ask(page, [picture("which.png", RED)]);
  await answered(page);
  expect(await facts(page)).toMatch(/28 × 28 pixels, grey[^]*Distance\s+Euclidean[^]*omniglot/);
});

test("how far the model has arrived is told in its own bytes", async ({ page, baseURL }) => {
  await using site = await siteBefore(baseURL ?? "");
  let release = () => {};
  const half = new Promise<void>((resolve) => {
    release = resolve;
  });
  site.change = ({ path, body }) => (path.endsWith(".safetensors") ? { half } : body);
  await page.goto(site.address);
  await page.getByRole("button", { name: "Use your own pictures" }).click();
  await expect(page.getByText(/^Fetching the model: [\d.]+ MB of [\d.]+ MB$/)).toBeVisible();
  const bar = page.getByRole("progressbar", { name: "Model" });
  expect(await bar.evaluate((p: HTMLProgressElement) => p.value)).toBeCloseTo(0.5, 2);
  release();
  await expect(page.getByText("About this model")).toBeVisible();
});

test("a model that does not arrive is told, and asked for again", async ({ page }) => {
  await page.route(/\.safetensors/, (route) => route.abort());
  await teach(page, TWO);
  await ask(page, [picture("which.png", RED)]);
  await expect(page.getByRole("alert")).toContainText("could not be fetched");
  // Where the answers would stand it is said too, and no card pretends that one is on its way.
  await expect(page.locator(".queries")).toContainText("could not be fetched");
  await expect(cards(page).locator(".answer")).toHaveText("");
  await page.unroute(/\.safetensors/);
  await page.getByRole("button", { name: "Try again" }).click();
  await answered(page);
  await expect(cards(page).locator(".answer")).toHaveText("Red");
});

/** A model as the trainer leaves it once it has calibrated when a picture is none of the classes. */
function calibrated(threshold: number): Buffer {
  const file = readFileSync(join(WEIGHTS, "photos.safetensors"));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString());
  const config = JSON.parse(header.__metadata__["fewshot.config"]);
  config.rejection = { threshold, auroc: 0.9 };
  header.__metadata__["fewshot.config"] = JSON.stringify(config);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, file.subarray(8 + length)]);
}

test("a stranger is none of these by the model's threshold, which a slider shifts", async ({
  page,
}) => {
  await open(page);
  const file = { name: "calibrated.safetensors", mimeType: "", buffer: calibrated(0.02) };
  await page.getByRole("button", { name: "Use your own pictures" }).click();
  await page.getByLabel("Use a model of your own").setInputFiles([file]);
  for (const [i, name] of ["red", "blue"].entries())
    await page
      .getByLabel(`Add pictures to Class ${i + 1}`)
      .setInputFiles(TWO[i === 0 ? "Red" : "Blue"].map((p) => ({ ...p, name })));
  // The one is an example itself, and as near as can be; the other is like neither.
  // To a model of photographs one plain colour is much like another, so the stranger is a photograph.
  const stranger = readFileSync(join(SAMPLES, "butterflies", "fadunu-butterfly-1.jpg"));
  await ask(page, [...TWO.Red, { name: "stranger.jpg", mimeType: "image/jpeg", buffer: stranger }]);
  await answered(page);
  const answers = cards(page).locator(".answer");
  const doubt = page.getByLabel("Doubt: “none of these”");
  await expect(doubt).toHaveAttribute("aria-valuetext", "as calibrated");
  await expect(answers).toHaveText(["Class 1", "None of these"]);
  await expect(cards(page).nth(1).getByText(/^closest: Class \d$/)).toBeVisible();
  await doubt.fill("-1.05");
  await expect(doubt).toHaveAttribute("aria-valuetext", "off");
  await expect(answers).toHaveText(["Class 1", /^Class \d$/]);
  await doubt.fill("0.5");
  await expect(doubt).toHaveAttribute("aria-valuetext", "+50%");
  await expect(answers).toHaveText(["Class 1", "None of these"]);
});

test("a slow connection begins with the lighter model, and is offered the other", async ({ page }) => {
  const models = [
    { id: "everyday", file: "photos.safetensors", bytes: 5312824, title: "Everyday", default: true },
    { id: "light", file: "cifar-fs.safetensors", bytes: 1159872, title: "Light" },
  ];
  await page.route(/manifest\.json$/, (route) => route.fulfill({ json: { models } }));
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "connection", { value: { saveData: true } });
  });
  await open(page);
  const offer = page.locator(".notice", { hasText: "To spare your connection" });
  await expect(offer).toContainText("“Light”. “Everyday photographs” is more accurate and 5.3 MB");
  await page.getByRole("button", { name: /Groceries/ }).click();
  await answered(page);
  await expect(page.getByRole("radio", { name: /^Light/ })).toBeChecked();
  await offer.getByRole("button", { name: "Fetch it" }).click();
  await expect(page.getByRole("radio", { name: /^Everyday photographs/ })).toBeChecked();
  await answered(page);
  await expect(cards(page)).toHaveCount(12);
});

test("two model files of one name are two models, and an exported classifier is told", async ({
  page,
}, info) => {
  await teach(page, TWO);
  const use = async (name: string, weights: string, title: RegExp) => {
    const buffer = readFileSync(join(WEIGHTS, `${weights}.safetensors`));
    await page.getByLabel("Use a model of your own").setInputFiles([{ name, mimeType: "", buffer }]);
    await expect(page.getByRole("radio", { name: title })).toBeChecked();
    // Until the file is read, the pictures are those of the model before.
    await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  };
  await use("mine.safetensors", "cifar-fs", /^mine/);
  await use("mine.safetensors", "omniglot", /^mine \(2\)/);
  await expect(page.getByRole("radio", { name: /^mine/ })).toHaveCount(2);
  // Every run of the trainer leaves files of these names: what they were trained on tells them apart.
  await use("best.safetensors", "photos", /^tiny-imagenet/);
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Export the classifier");
  const path = info.outputPath("classifier.safetensors");
  await (await saved).saveAs(path);
  await page.getByLabel("Use a model of your own").setInputFiles(path);
  await expect(page.getByRole("alert")).toContainText("is an exported classifier, no model");
  const kept = async () => (await page.evaluate(readKept)).model;
  await expect.poll(kept).toContain("best.safetensors");
  await page.reload();
  await expect(page.getByRole("radio", { name: /^mine/ })).toHaveCount(2);
  await expect(page.getByRole("radio", { name: /^tiny-imagenet/ })).toBeChecked();
});

test("a file that is no model, while the first is on its way, leaves that one", async ({ page }) => {
  let arrive = () => {};
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route(/everyday[^/]*\.safetensors/, async (route) => {
    await held;
    // The first is given up by the page meanwhile.
    await route.continue().catch(() => {});
  });
  await teach(page, TWO);
  const nothing = { name: "mine.safetensors", mimeType: "", buffer: Buffer.from("nothing like it") };
  await page.getByLabel("Use a model of your own").setInputFiles([nothing]);
  await expect(page.getByRole("alert")).toContainText("“mine.safetensors” cannot be used as a model");
  arrive();
  await expect(page.getByRole("radio", { name: /^Everyday photographs/ })).toBeChecked();
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
});

test("ridge regression answers too and knows no distance; together is labelled", async ({ page }) => {
  await openSample(page, /Groceries/);
  const first = () => cards(page).first().locator(".bar").first().getAttribute("data-probability");
  await page.getByRole("radio", { name: "Prototypes" }).check({ force: true });
  await expect(page.getByRole("radio", { name: "Cosine" })).toBeEnabled();
  const before = await first();
  await page.getByRole("radio", { name: "Ridge regression" }).check({ force: true });
  await expect.poll(first).not.toBe(before);
  await expect(page.getByRole("radio", { name: "Cosine" })).toBeDisabled();
  await expect(page.getByText("These distances are for prototypes")).toBeVisible();
  const label = page.getByText(/^All questions were looked at together \(transductive\)/);
  await expect(label).toHaveCount(0);
  const alone = await first();
  await page.getByLabel("Look at all questions together").check();
  await expect(label).toBeVisible();
  await expect.poll(first).not.toBe(alone);
});
