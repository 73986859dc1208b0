/** Many questions: a list that stays light, filtered and ordered, corrected by keys, taken along. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { expect, type Locator, type Page, test } from "@playwright/test";
import { readZip } from "../../../web/src/storage/unzip";
import { ask, cards, dropFiles, fromMenu, picture, teach } from "./support";

const RED: [number, number, number] = [190, 20, 20];
const BLUE: [number, number, number] = [20, 30, 190];
const TWO = { Red: [picture("red.png", RED)], Blue: [picture("blue.png", BLUE)] };
const ALL = 60;

/** Pictures that are surely red or surely blue, and one between them. */
function many() {
  const sure = Array.from({ length: ALL - 1 }, (_, i) =>
    picture(`${i}.png`, i % 3 === 0 ? [190 - i, 20, 20] : [20, 30, 190 - i]),
  );
  return [...sure, picture("between.png", [105, 25, 105])];
}

/** Which answers the list shows. */
function filter(page: Page): Locator {
  return page.getByRole("combobox", { name: "Show" });
}

async function asked(page: Page): Promise<void> {
  await teach(page, TWO);
  await ask(page, many());
  await expect(filter(page)).toContainText(`All (${ALL})`);
  await expect(page.locator(".sort-progress")).toBeHidden();
  await expect(page.locator(".sort-row.waiting")).toHaveCount(0);
  // The counts of the classes stand for all of them once every answer is there.
  await expect.poll(async () => (await counts(page)).reduce((sum, n) => sum + n, 0)).toBe(ALL);
}

/** How many answers each class has, and "none of these", as the filter says. */
async function counts(page: Page): Promise<number[]> {
  const texts = await filter(page).locator("option").allTextContents();
  return texts.slice(1).map((text) => Number(/\((\d+)\)$/.exec(text)?.[1]));
}

test("many questions are a list of which only what is seen is drawn", async ({ page }) => {
  await asked(page);
  await expect(cards(page)).toHaveCount(0);
  const drawn = page.locator(".sort-row");
  expect(await drawn.count()).toBeLessThan(ALL / 2);
  await expect(drawn.first()).toHaveAttribute("aria-setsize", String(ALL));
  await drawn.first().getByRole("button").first().focus();
  await page.keyboard.press("End");
  await expect(page.locator(":focus")).toHaveAccessibleName(/^between\.png: /);
  expect(await drawn.count()).toBeLessThan(ALL / 2);
  await page.keyboard.press("Home");
  await expect(page.locator(":focus")).toHaveAccessibleName(/^0\.png: Red/);
  await page.keyboard.press("Enter");
  const card = page.getByRole("dialog", { name: "0.png" });
  await expect(card.locator(".bar")).toHaveCount(2);
  await expect(card.locator(".answer")).toHaveText("Red");
  await page.keyboard.press("Escape");
  // What cards show of imagined examples is not told where there are none.
  await page.getByLabel("Imagined examples per class").fill("10");
  await expect(page.locator(".imagine")).toContainText("10");
  await expect(page.getByText("The stroke is the answer")).toBeHidden();
});

test.describe("by finger", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } });

  test("keys are not spoken of, and what else a picture may be is read before its name", async ({ page }) => {
    await asked(page);
    await expect(page.getByText("A number key says")).toBeHidden();
    await expect(page.locator(".sort-row").first()).toContainText(/^Red\d+%else Blue \d+% · 0\.png$/);
  });
});

test("they are filtered by class and ordered by doubt or name", async ({ page }) => {
  await asked(page);
  const [red = 0, blue = 0] = await counts(page);
  expect(Math.abs(red - 20)).toBeLessThanOrEqual(1);
  expect(blue).toBeGreaterThan(30);
  await page.getByLabel("Order").selectOption("doubtful first");
  await expect(page.locator(".sort-row").first()).toContainText("between.png");
  await filter(page).selectOption(`Red (${red})`);
  await expect(page.locator(".sort-row").first()).toHaveAttribute("aria-setsize", String(red));
  for (const answer of await page.locator(".sort-row .answer").allTextContents())
    expect(answer).toBe("Red");
  await page.getByLabel("Order").selectOption("by name");
  await expect(page.locator(".sort-row").first()).toContainText("0.png");
  await expect(page.locator(".sort-row").nth(1)).toContainText("3.png");
});

test("what teaches most comes first, ten at a time, and anew once they have been told", async ({ page }) => {
  await asked(page);
  await page.getByLabel("Order").selectOption("what teaches most first");
  const rows = page.locator(".sort-row");
  const told = page.locator(".sort-row", { hasText: "would teach most" });
  await expect(rows.first()).toContainText("between.png");
  await expect(rows.first()).toContainText("would teach most");
  // As many are drawn as fit, and all that are drawn before the others are among the ten.
  const first = await rows.allTextContents();
  const count = first.filter((text) => text.includes("would teach most")).length;
  expect(first.slice(0, count).every((text) => text.includes("would teach most"))).toBe(true);
  await rows.first().getByRole("button").first().focus();
  for (let n = 1; n <= 10; n++) {
    await page.keyboard.press(n % 2 === 0 ? "1" : "2");
    await expect(rows.first()).toHaveAttribute("aria-setsize", String(ALL - n));
  }
  await expect(told.first()).toBeVisible();
  await page.getByLabel("Order").selectOption("as they came");
  await expect(told).toHaveCount(0);
});

test("a number key corrects, teaches at once and leads to the next; undo takes it back", async ({
  page,
}) => {
  await asked(page);
  await expect(page.getByText("A number key says what the chosen picture is: 1 Red, 2 Blue.")).toBeVisible();
  await page.locator(".sort-row").first().getByRole("button").first().focus();
  await page.keyboard.press("2");
  await expect(page.locator(".class-card").nth(1).locator(".thumb")).toHaveCount(2);
  await expect(page.locator(".sort-row").first()).toHaveAttribute("aria-setsize", String(ALL - 1));
  await expect(page.locator(":focus")).toHaveAccessibleName(/^1\.png: /);
  await page.keyboard.press("1");
  await expect(page.locator(":focus")).toHaveAccessibleName(/^2\.png: /);
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await expect(page.locator(".sort-row").first()).toHaveAttribute("aria-setsize", String(ALL));
  await expect(page.locator(".thumb")).toHaveCount(2);
  // By pointer: dragged onto its class.
  await page.locator(".sort-row").first().dragTo(page.locator(".class-card").nth(1));
  await expect(page.locator(".class-card").nth(1).locator(".thumb")).toHaveCount(2);
});

test("the answers leave as a table, and the pictures in a folder for each class", async ({
  page,
}, info) => {
  await asked(page);
  await page.locator(".sort-row").first().getByRole("button").first().focus();
  await page.keyboard.press("2");
  await expect(page.locator(".class-card").nth(1).locator(".thumb")).toHaveCount(2);
  await expect.poll(async () => (await counts(page)).reduce((sum, n) => sum + n, 0)).toBe(ALL - 1);
  const download = async (run: () => Promise<void>, name: string) => {
    const saved = page.waitForEvent("download");
    await run();
    const file = info.outputPath(name);
    await (await saved).saveAs(file);
    return readFile(file);
  };
  const tool = (name: string) => page.locator(".sort-tools").getByRole("button", { name }).click();
  const table = (await download(() => tool("Export as CSV"), "answers.csv")).toString().split("\n");
  expect(table[0]).toBe("image,label,probability");
  expect(table).toHaveLength(ALL + 1);
  // What the person said has no probability.
  expect(table).toContain("0.png,Blue,");
  expect(table.find((line) => line.startsWith("1.png,"))).toMatch(/^1\.png,Blue,0\.\d+$/);
  const archive = await download(() => fromMenu(page, "Export as ZIP, a folder a class"), "sorted.zip");
  const entries = await readZip(new Blob([archive]));
  expect(entries?.size).toBe(ALL + 1);
  expect(await entries?.get("answers.csv")?.text()).toBe(table.join("\n"));
  const original = many()[0]?.buffer;
  const sorted = Buffer.from((await entries?.get("Blue/0.png")?.arrayBuffer()) ?? new ArrayBuffer(0));
  expect(sorted.equals(original ?? Buffer.alloc(0))).toBe(true);
});

/** Paths and lengths of the files in the folder that stands for one of the disk. */
function onDisk(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    const found: Record<string, number> = {};
    const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      // biome-ignore lint/suspicious/noExplicitAny: the types of this library lack its iterators
      for await (const [name, handle] of (folder as any).entries())
        if (handle.kind === "directory") await walk(handle, `${path}${name}/`);
        else found[path + name] = (await handle.getFile()).size;
    };
    await walk(await navigator.storage.getDirectory(), "");
    return found;
  });
}

test("sorted pictures go straight into folders of the disk, over nothing, and come back", async ({ page }) => {
  // The dialog of the system is not the page's: a folder of the browser stands for the one chosen.
  await page.addInitScript(() => {
    Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() });
  });
  await asked(page);
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("Red", { create: true });
    const stream = await (await folder.getFileHandle("0.png", { create: true })).createWritable();
    await stream.write("somebody's own");
    await stream.close();
  });
  const before = await onDisk(page);
  await page.getByRole("button", { name: "Into folders of the disk" }).click();
  const told = page.locator(".notice", { hasText: "60 pictures are in" });
  await expect(told).toBeVisible();
  const after = await onDisk(page);
  expect(after["Red/0.png"]).toBe(before["Red/0.png"]);
  expect(after["Red/0 (2).png"]).toBe(many()[0]?.buffer.length);
  expect(Object.keys(after).filter((path) => path.endsWith(".png"))).toHaveLength(ALL + 1);
  expect(after).toHaveProperty(["answers.csv"]);
  await told.getByRole("button", { name: "Take it back" }).click();
  await expect(page.getByText("61 files were taken back.")).toBeVisible();
  expect(await onDisk(page)).toEqual(before);
});

test("a folder with folders is chosen or dropped to be sorted, and makes no classes", async ({
  page,
}, info) => {
  const root = info.outputPath("holidays");
  for (const [i, { name, buffer }] of many().entries()) {
    await mkdir(`${root}/${i % 4}`, { recursive: true });
    await writeFile(`${root}/${i % 4}/${name}`, buffer);
  }
  await teach(page, TWO);
  await page.getByLabel("Choose a folder to sort").setInputFiles(root);
  await expect(filter(page)).toContainText(`All (${ALL})`);
  await dropFiles(page, page.getByRole("heading", { name: "What is this?" }), [root]);
  await expect(filter(page)).toContainText(`All (${2 * ALL})`);
  await expect(page.locator(".class-card")).toHaveCount(2);
});
