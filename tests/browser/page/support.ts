/** What the tests of the page share: the ways in, by the controls a person uses. */
import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { picture, type Upload } from "./pictures";

export { picture, type Upload } from "./pictures";

/** Models that the project ships. */
export const WEIGHTS = resolve(__dirname, "../../../weights");
/** Pictures that the page offers to begin with. */
export const SAMPLES = resolve(__dirname, "../../../web/public/samples");

/** Opens the page as a first visitor sees it. */
export async function open(page: Page, link = ""): Promise<void> {
  await page.goto(`./${link}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

/** Opens the page and loads a sample by its title, until every question is answered. */
export async function openSample(page: Page, title: string | RegExp): Promise<void> {
  await open(page);
  await page.getByRole("button", { name: title }).click();
  await answered(page);
}

export function cards(page: Page): Locator {
  return page.locator(".query-card");
}

export async function answered(page: Page): Promise<void> {
  await expect(cards(page).first()).toBeVisible();
  await expect(page.locator(".query-card.waiting")).toHaveCount(0);
}

/** Two empty classes, as whoever brings pictures of their own begins. */
export async function startOwn(page: Page): Promise<void> {
  await open(page);
  await page.getByRole("button", { name: "Use your own pictures" }).click();
}

/** Makes classes by the page's own controls and gives them pictures. */
export async function teach(page: Page, classes: Record<string, Upload[]>): Promise<void> {
  await startOwn(page);
  const names = Object.keys(classes);
  for (let i = 2; i < names.length; i++)
    await page.getByRole("button", { name: "Add a class" }).click();
  for (const [i, name] of names.entries()) {
    await page.getByLabel(`Name of class ${i + 1}`, { exact: true }).fill(name);
    await page.getByLabel(`Add pictures to ${name}`).setInputFiles(classes[name] ?? []);
  }
}

export async function ask(page: Page, uploads: Upload[]): Promise<void> {
  await page.getByLabel("Add pictures to ask about").setInputFiles(uploads);
}

/** Chooses an item of the page's own menu. */
export async function fromMenu(page: Page, item: string): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** A folder of three class folders, six plain pictures each. */
export async function classFolders(root: string): Promise<string> {
  const colours = { red: [190, 20, 20], green: [20, 190, 20], blue: [20, 20, 190] } as const;
  for (const [name, [r, g, b]] of Object.entries(colours)) {
    await mkdir(`${root}/${name}`, { recursive: true });
    for (let i = 0; i < 6; i++) {
      const { buffer } = picture(`${name}${i}`, [r + i, g + 2 * i, b]);
      await writeFile(`${root}/${name}/${i}.png`, buffer);
    }
  }
  return root;
}

/** Drops files or folders of the disk on the middle of an element, as the desktop does. */
export async function dropFiles(page: Page, onto: Locator, paths: string[]): Promise<void> {
  const box = await onto.boundingBox();
  if (!box) throw new Error("nothing to drop on");
  const debuggerOf = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await debuggerOf.send("Input.dispatchDragEvent", { type, ...at, data });
}

/** Ends the worker of a name as a fault in it would, and waits until it is gone. */
export async function crash(page: Page, name: "session" | "encoder" | "fewshot"): Promise<void> {
  for (const worker of page.workers()) {
    if ((await worker.evaluate(() => self.name).catch(() => "")) !== name) continue;
    const gone = new Promise((resolve) => worker.once("close", resolve));
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error("ended by a test");
      });
    });
    await gone;
    return;
  }
  throw new Error(`there is no worker called ${name}`);
}
