/** Ways in: orientation of photographs, the crop, the clipboard, dropped files, very large pictures. */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { claiming, large } from "./pictures";
import {
  answered,
  ask,
  cards,
  classFolders,
  dropFiles,
  fromMenu,
  open,
  picture,
  startOwn,
  teach,
} from "./support";

const PICTURES = resolve(__dirname, "../pictures");

/** A JPEG of four colours, turned so that its orientation tag turns it back. */
async function orientedJpeg(page: Page, orientation: number): Promise<Buffer> {
  const base64 = await page.evaluate((tag) => {
    const side = 96;
    const upright = document.createElement("canvas");
    upright.width = upright.height = side;
    const paint = upright.getContext("2d") as CanvasRenderingContext2D;
    ["#c02020", "#20a020", "#2030c0", "#e0d040"].forEach((colour, i) => {
      paint.fillStyle = colour;
      paint.fillRect((i % 2) * 48, Math.floor(i / 2) * 48, 48, 48);
    });
    const turned = document.createElement("canvas");
    turned.width = turned.height = side;
    const context = turned.getContext("2d") as CanvasRenderingContext2D;
    // The inverse of what each tag asks a viewer to do, as (a, b, c, d, e, f).
    const inverse: Record<number, [number, number, number, number, number, number]> = {
      1: [1, 0, 0, 1, 0, 0],
      2: [-1, 0, 0, 1, side, 0],
      3: [-1, 0, 0, -1, side, side],
      4: [1, 0, 0, -1, 0, side],
      5: [0, 1, 1, 0, 0, 0],
      6: [0, -1, 1, 0, 0, side],
      7: [0, -1, -1, 0, side, side],
      8: [0, 1, -1, 0, side, 0],
    };
    context.setTransform(...(inverse[tag] ?? [1, 0, 0, 1, 0, 0]));
    context.drawImage(upright, 0, 0);
    return turned.toDataURL("image/jpeg", 0.95).split(",")[1] ?? "";
  }, orientation);
  const jpeg = Buffer.from(base64, "base64");
  const exif = Buffer.from("ffe1002245786966000049492a00080000000100120103000100000000000000", "hex");
  const app1 = Buffer.concat([exif, Buffer.alloc(4)]);
  app1.writeUInt16LE(orientation, 28);
  return Buffer.concat([jpeg.subarray(0, 2), app1, jpeg.subarray(2)]);
}

/** The colour in the middle of each quarter of what the model sees. */
async function quarters(page: Page, name: string): Promise<string[]> {
  await page.getByRole("button", { name: `Menu of ${name}` }).click();
  await page.getByRole("menuitem", { name: "Look closer" }).click();
  const view = page.getByAltText("What the model sees");
  const colours = await view.evaluate(async (image: HTMLImageElement) => {
    await image.decode();
    const canvas = document.createElement("canvas");
    const { naturalWidth: w, naturalHeight: h } = image;
    canvas.width = w;
    canvas.height = h;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.drawImage(image, 0, 0);
    return [0, 1, 2, 3].map((i) => {
      const [x, y] = [w * (0.25 + 0.5 * (i % 2)), h * (0.25 + 0.5 * Math.floor(i / 2))];
      const [r = 0, g = 0, b = 0] = context.getImageData(x, y, 1, 1).data;
      return [r, g, b].map((v) => Math.round(v / 64)).join();
    });
  });
  await page.getByRole("button", { name: "Close" }).click();
  return colours;
}

test("photographs lie as they were taken, whatever their orientation tag", async ({ page }) => {
  await teach(page, {
    Red: [picture("red.png", [190, 20, 20])],
    Blue: [picture("blue.png", [20, 30, 190])],
  });
  const uploads = [];
  for (let tag = 1; tag <= 8; tag++)
    uploads.push({
      name: `turned ${tag}.jpg`,
      mimeType: "image/jpeg",
      buffer: await orientedJpeg(page, tag),
    });
  await ask(page, uploads);
  await answered(page);
  const upright = await quarters(page, "turned 1.jpg");
  expect(new Set(upright).size).toBe(4);
  for (let tag = 2; tag <= 8; tag++)
    expect(await quarters(page, `turned ${tag}.jpg`), `tag ${tag}`).toEqual(upright);
});

test("a pasted picture goes where the focus is", async ({ page }) => {
  await startOwn(page);
  await page.getByLabel("Name of class 2").focus();
  const base64 = picture("x.png", [9, 99, 200]).buffer.toString("base64");
  await page.evaluate((data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "image.png", { type: "image/png" }));
    const event = new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
    document.activeElement?.dispatchEvent(event);
  }, base64);
  await expect(page.locator(".class-card").nth(1).locator(".thumb")).toHaveCount(1);
  await expect(page.getByText("Pasted into Class 2.")).toBeVisible();
});

test("files dropped on a class belong to it", async ({ page }) => {
  await startOwn(page);
  const base64 = picture("x.png", [9, 99, 200]).buffer.toString("base64");
  const transfer = await page.evaluateHandle((data) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    for (const name of ["one.png", "two.png"])
      transfer.items.add(new File([bytes], name, { type: "image/png" }));
    return transfer;
  }, base64);
  const card = page.locator(".class-card").first();
  await card.dispatchEvent("drop", { dataTransfer: transfer });
  await expect(card.locator(".thumb")).toHaveCount(2);
});

test("a picture of more pixels than can be opened is refused with a sentence", async ({ page }) => {
  await teach(page, { Red: [picture("red.png", [190, 20, 20])], Blue: [] });
  await ask(page, [claiming("huge.png", 40_000, 40_000)]);
  await expect(page.getByRole("alert")).toContainText("“huge.png” is too large");
  await expect(page.getByRole("alert")).toContainText("smaller than 50 megapixels");
  await expect(cards(page)).toHaveCount(0);
  await expect(page.locator(".thumb")).toHaveCount(1);
});

test("JPEG, PNG, WebP, AVIF, GIF and BMP are read", async ({ page }) => {
  await startOwn(page);
  const files = ["browser/small.avif", "browser/small.bmp", "browser/small.gif"]
    .concat("browser/small.webp", "queries/fine.jpg", "queries/alpha.png")
    .map((file) => join(PICTURES, file));
  await page.getByLabel("Add pictures to Class 1").setInputFiles(files);
  await expect(page.locator(".thumb")).toHaveCount(files.length);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("HEIC that this browser cannot read gets its sentence", async ({ page }) => {
  await startOwn(page);
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic\0\0\0\0mif1heic")]);
  const file = { name: "IMG_1.HEIC", mimeType: "image/heic", buffer: heic };
  await page.getByLabel("Add pictures to Class 1").setInputFiles([file]);
  await expect(page.getByRole("alert")).toContainText("“IMG_1.HEIC” is a HEIC picture");
  await expect(page.locator(".thumb")).toHaveCount(0);
});

test("forty pictures that cannot be read get one message, with their names on demand", async ({
  page,
}) => {
  await startOwn(page);
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic\0\0\0\0mif1heic")]);
  const file = (i: number) => ({ name: `IMG_${i}.HEIC`, mimeType: "image/heic", buffer: heic });
  const forty = Array.from({ length: 40 }, (_, i) => file(i));
  await page.getByLabel("Add pictures to Class 1").setInputFiles(forty);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("40 pictures could not be taken in. They are HEIC pictures");
  await expect(alert).toHaveCount(1);
  await alert.getByText("Which ones?").click();
  await expect(alert.getByText("IMG_39.HEIC")).toBeVisible();
  await expect(page.locator(".thumb")).toHaveCount(0);
});

test("half a photograph is not taken for a whole one: it is said, marked, and told with its answer", async ({
  page,
}) => {
  await startOwn(page);
  const whole = readFileSync(join(PICTURES, "queries/fine.jpg"));
  const half = (name: string) => ({
    name,
    mimeType: "image/jpeg",
    buffer: whole.subarray(0, Math.floor(whole.length / 2)),
  });
  await page.getByLabel("Add pictures to Class 1").setInputFiles([half("torn.jpg")]);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("The file of “torn.jpg” ends early");
  await expect(page.locator(".thumb.torn")).toHaveCount(1);
  await page.getByLabel("Add pictures to Class 2").setInputFiles([picture("b.png", [0, 0, 200])]);
  await page.getByLabel("Add pictures to ask about").setInputFiles([half("a.jpg"), half("b.jpg")]);
  await expect(alert).toContainText("The files of 3 pictures end early");
  await expect(page.locator(".query-card", { hasText: "only a part of the picture" })).toHaveCount(2);
  await expect(page.locator(".thumb:not(.torn)")).toHaveCount(1);
});

test("a folder of class folders dropped anywhere makes the classes", async ({ page }, info) => {
  await open(page);
  await dropFiles(page, page.locator(".tagline"), [await classFolders(info.outputPath("pets"))]);
  await expect(page.locator(".class-card")).toHaveCount(3);
  await expect(page.getByLabel("Name of class 1")).toHaveValue("blue");
  await expect(page.locator(".thumb")).toHaveCount(18);
});

test("folders that only divide are passed over, what systems leave is left out, loose pictures are named", async ({
  page,
}, info) => {
  const root = info.outputPath("set");
  const { buffer } = picture("x", [90, 90, 20]);
  const files = ["train/cat/1.png", "test/cat/images/2.png", "val/dog/old/3.png", "loose.png"];
  const hidden = ["train/cat/.ipynb_checkpoints/4.png", "__MACOSX/cat/5.png", "@eaDir/6.png"];
  for (const file of [...files, ...hidden, "lost+found/7.png"]) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), buffer);
  }
  await open(page);
  await dropFiles(page, page.locator(".tagline"), [root]);
  const told = page.locator(".notice", { hasText: "1 picture lies beside the class folders" });
  for (const isAgain of [false, true]) {
    await expect(page.locator(".class-card")).toHaveCount(2);
    await expect(page.getByLabel("Name of class 1")).toHaveValue("cat");
    await expect(page.getByLabel("Name of class 2")).toHaveValue("dog");
    await expect(page.locator(".thumb")).toHaveCount(3);
    await told.getByText("Which ones?").click();
    await expect(told.getByText("loose.png")).toBeVisible();
    if (isAgain) break;
    await told.getByRole("button", { name: "Dismiss" }).click();
    await fromMenu(page, "Start over");
    await page.getByLabel("Choose a folder of classes").first().setInputFiles(root);
  }
});

test("the picture shown is the square that the model sees", async ({ page }) => {
  await startOwn(page);
  await page.getByLabel("Add pictures to Class 1").setInputFiles([large("wide.png", 1200, 400)]);
  await expect(page.locator(".thumb.waiting")).toHaveCount(0);
  await page.locator(".thumb").click();
  await page.getByRole("menuitem", { name: "Look closer" }).click();
  const sides = (image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight];
  expect(await page.getByAltText("What the model sees").evaluate(sides)).toEqual([224, 224]);
  await expect(page.getByText("Original, 1200 × 400 pixels")).toBeVisible();
});
