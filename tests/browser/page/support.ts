/** What the tests of the page share: the way in, and pictures that need no files. */
import { deflateSync } from "node:zlib";
import { expect, type Locator, type Page } from "@playwright/test";

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

export interface Upload {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A plain picture of one colour with a little noise, so that no two are alike. */
export function picture(name: string, colour: [number, number, number], side = 96): Upload {
  const rows: number[] = [];
  let state = 7 + name.length * 131 + (name.charCodeAt(0) ?? 0);
  for (let y = 0; y < side; y++) {
    rows.push(0);
    for (let x = 0; x < side; x++) {
      state = (state * 1664525 + 1013904223) >>> 0;
      const noise = (state >>> 24) % 24;
      for (const value of colour) rows.push(Math.min(255, value + noise));
    }
  }
  return { name, mimeType: "image/png", buffer: png(side, Buffer.from(rows)) };
}

function png(side: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND")];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc(body), body.length + 4);
  return framed;
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
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
