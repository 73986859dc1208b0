/** The camera: one picture a press, many while held, front or rear, a phone's own, and live answers. */
import { expect, type Page, test } from "@playwright/test";
import { picture, startOwn, teach } from "./support";

// Two of them, so that there is another to turn to.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = (launchOptions.args ?? []).filter((arg) => !arg.startsWith("--use-fake-device"));
    await use({
      ...launchOptions,
      args: [...args, "--use-fake-device-for-media-stream=device-count=2"],
    });
  },
});

async function running(page: Page): Promise<void> {
  const width = () => page.locator("video").evaluate((v: HTMLVideoElement) => v.videoWidth);
  await expect.poll(width).toBeGreaterThan(0);
}

/** Which camera is on. */
function device(page: Page): Promise<string | undefined> {
  return page
    .locator("video")
    .evaluate((v: HTMLVideoElement) =>
      v.srcObject instanceof MediaStream
        ? v.srcObject.getVideoTracks()[0]?.getSettings().deviceId
        : undefined,
    );
}

test("the camera gives pictures, one a press and many while held", async ({ page }) => {
  await startOwn(page);
  await page.getByRole("button", { name: "Camera for Class 1" }).click();
  const shutter = page.getByRole("button", { name: /^Take pictures/ });
  await running(page);
  await shutter.click();
  await expect(page.getByText("1 picture taken")).toBeVisible();
  await shutter.click({ delay: 1500 });
  await expect
    .poll(() => page.locator(".class-card").first().locator(".thumb").count())
    .toBeGreaterThan(2);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.locator("video")).toHaveCount(0);
});

test("what the camera sees is classified live, with its rate", async ({ page }) => {
  await teach(page, {
    Red: [picture("red.png", [190, 20, 20])],
    Green: [picture("green.png", [20, 190, 20])],
  });
  await page.getByRole("button", { name: "Look around" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.locator(".answer")).toContainText(/Red|Green/);
  await expect(dialog.getByText(/^[\d,]+ answers a second$/)).toBeVisible();
});

test("a camera whose first frame is late is classified all the same", async ({ page }) => {
  // As a slow camera has it: frames have a size, but the browser has none yet.
  await page.addInitScript(() => {
    const { createImageBitmap } = globalThis;
    let missing = 3;
    globalThis.createImageBitmap = ((source: ImageBitmapSource, ...more: []) =>
      source instanceof HTMLVideoElement && missing-- > 0
        ? Promise.reject(new DOMException("The image source is not usable.", "InvalidStateError"))
        : createImageBitmap(source, ...more)) as typeof createImageBitmap;
  });
  await teach(page, {
    Red: [picture("red.png", [190, 20, 20])],
    Green: [picture("green.png", [20, 190, 20])],
  });
  await page.getByRole("button", { name: "Look around" }).click();
  await expect(page.getByRole("dialog").getByText(/^[\d,]+ answers a second$/)).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("another camera is turned to", async ({ page }) => {
  await startOwn(page);
  await page.getByRole("button", { name: "Camera for Class 1" }).click();
  await running(page);
  const first = await device(page);
  await page.getByRole("button", { name: "Other camera" }).click();
  await expect.poll(() => device(page)).not.toBe(first);
  await running(page);
});

test("a camera that is forbidden gets a sentence", async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await startOwn(page);
  await page.getByRole("button", { name: "Camera for Class 1" }).click();
  await expect(page.getByRole("alert")).toContainText("The camera may not be used here.");
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } });

  test("the phone's own camera gives pictures, over http too", async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, "mediaDevices", { value: undefined });
    });
    await startOwn(page);
    await page.getByRole("button", { name: "Camera for Class 1" }).click();
    await expect(page.getByRole("alert")).toContainText("only over https");
    const own = page.getByLabel("Phone’s camera app");
    await expect(own).toHaveAttribute("capture", "environment");
    await own.setInputFiles([picture("photo.png", [90, 20, 20])]);
    await page.getByRole("button", { name: "Close" }).click();
    await expect(page.locator(".thumb")).toHaveCount(1);
  });
});
