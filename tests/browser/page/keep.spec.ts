/** Nothing is lost: reload, a file, a link, a crash of the worker. */
import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { readZip } from "../../../web/src/storage/unzip";
import { writeZip } from "../../../web/src/storage/zip";
import { readKept } from "./kept";
import {
  answered,
  ask,
  cards,
  crash,
  dropFiles,
  fromMenu,
  open,
  openSample,
  picture,
  startOwn,
  teach,
  WEIGHTS,
} from "./support";

const TWO = {
  Red: [picture("red.png", [190, 20, 20])],
  Blue: [picture("blue.png", [20, 30, 190])],
};

test("the session survives a reload", async ({ page }) => {
  await teach(page, TWO);
  await ask(page, [picture("which.png", [190, 20, 20])]);
  await answered(page);
  await page.getByLabel("Imagined examples per class").fill("7");
  await expect.poll(() => page.evaluate(readKept)).toMatchObject({ queries: 1, hallucinations: 7 });
  await page.reload();
  await answered(page);
  await expect(page.getByLabel("Name of class 1")).toHaveValue("Red");
  await expect(page.locator(".thumb")).toHaveCount(2);
  await expect(page.getByLabel("Imagined examples per class")).toHaveValue("7");
  await expect(cards(page).locator(".answer")).toHaveText("Red");
});

test("a session saved as a file is opened again, elsewhere", async ({ page, browser }, info) => {
  await openSample(page, /Beetles/);
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Save session as a file");
  const file = info.outputPath("beetles.fewshot.zip");
  await (await saved).saveAs(file);
  const context = await browser.newContext({ locale: "en-GB", baseURL: info.project.use.baseURL });
  const other = await context.newPage();
  await open(other);
  const chooser = other.waitForEvent("filechooser");
  await fromMenu(other, "Open a file…");
  await (await chooser).setFiles(file);
  await answered(other);
  await expect(cards(other)).toHaveCount(10);
  await expect(other.locator(".class-card")).toHaveCount(5);
  const first = (of: Page) => cards(of).first().locator(".bar-value").allTextContents();
  expect(await first(other)).toEqual(await first(page));
  await context.close();
});

test("a file that is no session is told, and nothing is lost", async ({ page }) => {
  await teach(page, TWO);
  const chooser = page.waitForEvent("filechooser");
  await fromMenu(page, "Open a file…");
  const broken = { name: "old.fewshot.zip", mimeType: "", buffer: Buffer.from("PK no") };
  await (await chooser).setFiles([broken]);
  await expect(page.getByRole("alert")).toContainText("“old.fewshot.zip” is not a session");
  await expect(page.locator(".thumb")).toHaveCount(2);
});

test("a file is not opened without the network, and that is said", async ({ page }) => {
  await teach(page, TWO);
  await page.route(/\/unzip-[^/]*\.js$/, (route) => route.abort());
  const chooser = page.waitForEvent("filechooser");
  await fromMenu(page, "Open a file…");
  await (await chooser).setFiles([{ name: "mine.zip", mimeType: "", buffer: Buffer.from("PK") }]);
  await expect(page.getByRole("alert")).toContainText("“mine.zip” was not opened");
  await expect(page.locator(".thumb")).toHaveCount(2);
});

test("the classifier is exported as safetensors with its classes", async ({ page }, info) => {
  await openSample(page, /Beetles/);
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Export the classifier");
  const file = info.outputPath("classifier.safetensors");
  await (await saved).saveAs(file);
  const bytes = await readFile(file);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  expect(JSON.stringify(header.__metadata__)).toContain("Dotota");
});

test("a link names sample, model, distance and imagined examples", async ({ page }) => {
  await open(page, "#sample=beetles&model=photos&distance=cosine&imagine=12&seed=5");
  await answered(page);
  await expect(cards(page)).toHaveCount(10);
  await expect(page.getByRole("radio", { name: "Cosine" })).toBeChecked();
  await expect(page.getByLabel("Imagined examples per class")).toHaveValue("12");
  await expect(page.getByLabel("Seed")).toHaveValue("5");
  await expect(page.getByRole("radio", { name: /^Photographs/ })).toBeChecked();
  expect(new URL(page.url()).hash).toBe("");
});

test("the link that is copied says what is on the page", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openSample(page, /Beetles/);
  await page.getByLabel("Imagined examples per class").fill("12");
  await fromMenu(page, "Copy link");
  await expect(page.getByText(/^The link names the model/)).toBeVisible();
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  const { models } = JSON.parse(readFileSync(join(WEIGHTS, "manifest.json"), "utf8"));
  const usual = models.find((model: { default: boolean }) => model.default).id;
  expect(link.hash).toBe(`#sample=beetles&model=${usual}&imagine=12`);
});

test("undo and redo go through everything that was done", async ({ page }) => {
  await openSample(page, /Beetles/);
  await fromMenu(page, "Start over");
  await expect(page.getByText("Or start with a sample")).toBeVisible();
  const undo = page.locator(".top").getByRole("button", { name: "Undo" });
  await undo.click();
  await answered(page);
  await expect(cards(page)).toHaveCount(10);
  await page.locator(".top").getByRole("button", { name: "Redo" }).click();
  await expect(page.getByText("Or start with a sample")).toBeVisible();
});

test("the worker is started again after a crash, and the session goes on", async ({ page }) => {
  await teach(page, TWO);
  await ask(page, [picture("which.png", [190, 20, 20])]);
  await answered(page);
  await crash(page, "session");
  await ask(page, [picture("which now.png", [20, 30, 190])]);
  await answered(page);
  await expect(cards(page).nth(1).locator(".answer")).toHaveText("Blue");
});

test("of two tabs one keeps the session, and what the other does empties nothing", async ({
  page,
  context,
}) => {
  await teach(page, TWO);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  await ask(page, [picture("which.png", [190, 20, 20])]);
  await expect.poll(() => page.evaluate(readKept)).toMatchObject({ queries: 1 });
  const other = await context.newPage();
  await open(other);
  const told = other.getByText("Another tab with this page keeps the session.");
  await expect(told).toBeVisible();
  await expect(other.locator(".thumb")).toHaveCount(2);
  await fromMenu(other, "Start over");
  await expect(other.getByText("Or start with a sample")).toBeVisible();
  await other.waitForTimeout(1000);
  expect(await page.evaluate(readKept)).toMatchObject({ queries: 1 });
  await other.locator(".notice", { has: told }).getByRole("button", { name: "Keep it here" }).click();
  await expect.poll(() => page.evaluate(readKept)).toMatchObject({ queries: 0 });
  await expect(page.getByText("Another tab with this page keeps the session.")).toBeVisible();
});

test("a picture whose file is gone stays when another model is chosen", async ({ page }, info) => {
  await startOwn(page);
  const path = info.outputPath("card.png");
  await writeFile(path, picture("card.png", [190, 20, 20]).buffer);
  await page.getByLabel("Add pictures to Class 1").setInputFiles(path);
  await page.getByLabel("Add pictures to Class 2").setInputFiles([picture("b.png", [20, 30, 190])]);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  await expect(page.locator(".thumb")).toHaveCount(2);
  await rm(path);
  await page.locator('input[name="model"][value="omniglot"]').check({ force: true });
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  await expect(page.getByText("28 × 28 pixels, grey")).toBeAttached();
  await expect(page.locator(".thumb")).toHaveCount(2);
  await expect(page.locator(".thumb.unread")).toHaveCount(0);
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Save session as a file");
  await (await saved).saveAs(info.outputPath("saved.zip"));
});

test("a session opens whatever its name, packed again or not at all; a part of one is told", async ({
  page,
}, info) => {
  await teach(page, TWO);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Save session as a file");
  const file = info.outputPath("SESSION (1).ZIP");
  await (await saved).saveAs(file);
  await fromMenu(page, "Start over");
  const part = info.outputPath("part.zip");
  await writeFile(part, (await readFile(file)).subarray(0, 4000));
  const choose = async (path: string) => {
    const chooser = page.waitForEvent("filechooser");
    await fromMenu(page, "Open a file…");
    await (await chooser).setFiles(path);
  };
  await choose(part);
  await expect(page.getByRole("alert")).toContainText("“part.zip” is not a session");
  await choose(file);
  await expect(page.getByLabel("Name of class 1")).toHaveValue("Red");
  await expect(page.locator(".thumb")).toHaveCount(2);
  await fromMenu(page, "Start over");
  const folder = info.outputPath("unpacked");
  for (const [name, data] of await unpacked(file)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), Buffer.from(await data.arrayBuffer()));
  }
  await page.getByLabel("Choose a folder of classes").first().setInputFiles(folder);
  await expect(page.getByLabel("Name of class 1")).toHaveValue("Red");
  await expect(page.locator(".thumb")).toHaveCount(2);
  await fromMenu(page, "Start over");
  await dropFiles(page, page.locator(".tagline"), [folder]);
  await expect(page.getByLabel("Name of class 1")).toHaveValue("Red");
  await expect(page.locator(".thumb")).toHaveCount(2);
});

test("a session file that is wrong inside is told, and the present session stays", async ({
  page,
}, info) => {
  await teach(page, { ...TWO, Green: [picture("green.png", [20, 170, 40])] });
  await page.getByLabel("Use a model of your own").setInputFiles(join(WEIGHTS, "cifar-fs.safetensors"));
  await expect(page.getByRole("radio", { name: /^cifar-fs/ })).toBeChecked();
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  const saved = page.waitForEvent("download");
  await fromMenu(page, "Save session as a file");
  const file = info.outputPath("right.zip");
  await (await saved).saveAs(file);
  const bytes = await readFile(file);
  const entries = await unpacked(file);
  const session = JSON.parse((await entries.get("session.json")?.text()) ?? "");
  const choose = async (name: string, wrong: Blob | Buffer) => {
    const path = info.outputPath(name);
    await writeFile(path, wrong instanceof Blob ? Buffer.from(await wrong.arrayBuffer()) : wrong);
    const chooser = page.waitForEvent("filechooser");
    await fromMenu(page, "Open a file…");
    await (await chooser).setFiles(path);
  };
  const changed = (change: (copy: typeof session) => void) => {
    const copy = structuredClone(session);
    change(copy);
    return packed(new Map(entries).set("session.json", new Blob([JSON.stringify(copy)])));
  };
  const wrong = {
    "doubled class.zip": await changed(({ session: s }) => (s.classes[1].id = s.classes[0].id)),
    "doubled picture.zip": await changed(({ session: s }) => {
      s.classes[1].pictures = s.classes[0].pictures;
    }),
    "later version.zip": await changed((copy) => (copy.fewshot = 99)),
    "no session.zip": await packed(new Map([["notes.txt", new Blob(["nothing"])]])),
    // What an archive of more than 4 GB says of its sizes: they stand elsewhere.
    "4 GB.zip": Buffer.concat([bytes.subarray(0, -10), Buffer.alloc(8, 0xff), bytes.subarray(-2)]),
    "torn.zip": bytes.subarray(0, -30),
  };
  for (const [name, content] of Object.entries(wrong)) {
    await choose(name, content);
    const told = page.getByRole("alert").filter({ hasText: `“${name}” is not a session` });
    await told.getByRole("button", { name: "Dismiss" }).click();
    await expect(page.locator(".class-card")).toHaveCount(3);
    await expect(page.locator(".thumb")).toHaveCount(3);
  }
  // A model that bears the id of another takes the place of none: content decides.
  const [own] = [...entries.keys()].filter((name) => name.startsWith("models/"));
  const other = await readFile(join(WEIGHTS, "omniglot.safetensors"));
  const shadowing = new Map(entries).set(own ?? "", new Blob([other])).set("models/everyday", new Blob([other]));
  await choose("shadowing.zip", await packed(shadowing));
  await expect(page.getByRole("radio", { name: /^cifar-fs \(2\)/ })).toBeChecked();
  await expect(page.getByText("28 × 28 pixels, grey")).toBeAttached();
  for (const [name, sides] of [
    [/^cifar-fs(?! \(2\))/, "32 × 32 pixels, colour"],
    [/^Everyday photographs/, "224 × 224 pixels, colour"],
  ] as const) {
    await page.getByRole("radio", { name }).first().check({ force: true });
    await expect(page.getByText(sides)).toBeAttached();
  }
});

async function unpacked(file: string): Promise<Map<string, Blob>> {
  const entries = await readZip(new Blob([await readFile(file)]));
  if (!entries) throw new Error(`${file} is no archive`);
  return entries;
}

function packed(entries: ReadonlyMap<string, Blob>): Promise<Blob> {
  return writeZip([...entries].map(([name, data]) => ({ name, data })));
}
