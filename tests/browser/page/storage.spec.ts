/** Storage that is full, forbidden, silent or another's: the page works, and says once what it cannot keep. */
import { expect, type Page, test } from "@playwright/test";
import { readKept } from "./kept";
import { siteBefore } from "./site";
import { answered, ask, cards, picture, teach } from "./support";

const TWO = {
  Red: [picture("red.png", [190, 20, 20])],
  Blue: [picture("blue.png", [20, 30, 190])],
};

/** Teaches, asks and is answered, whatever is kept. */
async function works(page: Page): Promise<void> {
  await teach(page, TWO);
  await ask(page, [picture("which.png", [190, 20, 20])]);
  await answered(page);
  await expect(cards(page).locator(".answer")).toHaveText("Red");
}

/** One message with this in it, and no other, also after further changes. */
async function toldOnce(page: Page, text: string): Promise<void> {
  const alert = page.getByRole("alert");
  await expect(alert).toContainText(text);
  await alert.getByRole("button", { name: "Dismiss" }).click();
  await ask(page, [picture("another.png", [20, 30, 190])]);
  await expect(cards(page).nth(1).locator(".answer")).toHaveText("Blue");
  await page.waitForTimeout(1000);
  await expect(alert).toHaveCount(0);
}

test("storage that is forbidden altogether, as in a private window", async ({ page }) => {
  await page.addInitScript(() => {
    const forbid = () => {
      throw new DOMException("forbidden by a test", "SecurityError");
    };
    for (const name of ["indexedDB", "localStorage", "sessionStorage", "caches"])
      Object.defineProperty(window, name, { get: forbid });
    navigator.locks.request = () => Promise.reject(new DOMException("forbidden", "SecurityError"));
  });
  await works(page);
  await toldOnce(page, "This browser keeps nothing for this page");
});

test("a store that never answers", async ({ page }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => ({}) as IDBOpenDBRequest;
    navigator.locks.request = () => new Promise(() => {});
  });
  await works(page);
  await toldOnce(page, "This browser’s storage does not answer");
});

test("a store that never answers a write does not hold up what waits for it", async ({ page }) => {
  await works(page);
  await page.evaluate(() => {
    IDBObjectStore.prototype.getAllKeys = () => ({}) as IDBRequest<IDBValidKey[]>;
  });
  await page.getByLabel("Imagined examples per class").fill("7");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Deutsch" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
});

test("a quota that is used up, and is enough again", async ({ page }) => {
  await page.addInitScript(useUp, 20_000);
  await works(page);
  await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(1);
  await ask(page, [picture("more.png", [20, 30, 190], 400)]);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("This browser’s storage is full");
  await answered(page);
  // What was kept before is kept still, and further changes are not told again.
  await page.getByLabel("Imagined examples per class").fill("7");
  await page.waitForTimeout(1000);
  await expect(alert).toHaveCount(1);
  expect(await page.evaluate(readKept)).toMatchObject({ queries: 1, hallucinations: 0 });
  await page.getByRole("button", { name: "Menu of more.png" }).click();
  await page.getByRole("menuitem", { name: "Remove picture" }).click();
  await expect.poll(() => page.evaluate(readKept)).toMatchObject({ queries: 1, hallucinations: 7 });
  await expect(alert).toHaveCount(0);
});

/** Fails as a browser without room does, for pictures of more bytes: the whole transaction goes. */
function useUp(most: number): void {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, key) {
    const request = put.call(this, value, key);
    if (value?.blob?.size > most) {
      const error = new DOMException("used up by a test", "QuotaExceededError");
      Object.defineProperty(this.transaction, "error", { value: error });
      this.transaction.abort();
    }
    return request;
  };
}

test("a newer version in another tab changes the store", async ({ page, context }) => {
  await works(page);
  await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(1);
  const other = await context.newPage();
  await other.goto("./samples/index.json");
  const isUpgraded = await other.evaluate(async (path) => {
    const request = indexedDB.open(`fewshot ${path}`, 1000);
    return await new Promise((resolve) => {
      request.onsuccess = () => {
        request.result.close();
        resolve(true);
      };
      request.onblocked = () => resolve(false);
    });
  }, new URL(".", page.url()).pathname);
  expect(isUpgraded).toBe(true);
  await toldOnce(page, "A newer version of this page is open in another tab");
  // The older page, opened again, finds a store that it cannot read.
  await page.reload();
  await expect(page.getByRole("alert")).toContainText("A newer version of this page");
  await page.getByRole("button", { name: /Beetles/ }).click();
  await answered(page);
});

test("a store that is cleared while the page is open", async ({ page, context, baseURL }) => {
  await works(page);
  await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(1);
  const browser = await context.newCDPSession(page);
  const { origin } = new URL(baseURL ?? "");
  await browser.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
  await toldOnce(page, "This browser keeps nothing for this page");
});

test.describe("with a service worker", () => {
  test.use({ serviceWorkers: "allow" });

  test("a model that cannot be kept is loaded all the same", async ({ page, baseURL }) => {
    await using site = await siteBefore(baseURL ?? "");
    // Weights alone find no room, or no cache at all.
    const broken = `
      const open = caches.open.bind(caches);
      caches.open = (name) => (name.endsWith("weights") ? Promise.reject(new Error("full")) : open(name));
    `;
    site.change = ({ path, body }) =>
      path === "sw.js" ? Buffer.concat([Buffer.from(broken), body]) : body;
    await page.goto(site.address);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await page.getByRole("button", { name: /Beetles/ }).click();
    await answered(page);
    await page.locator('input[name="model"][value="cifar-fs"]').check({ force: true });
    await expect(page.getByText("32 × 32 pixels, colour")).toBeAttached();
    await answered(page);
    await expect(page.getByRole("alert")).toHaveCount(0);
  });
});

test("the browser is asked to clear nothing, once there are pictures of one's own", async ({
  page,
}) => {
  await page.addInitScript(countPersist, "grants" as const);
  await page.goto("./");
  await page.getByRole("button", { name: /Beetles/ }).click();
  await answered(page);
  await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(10);
  expect(await page.evaluate(() => window.asked)).toBe(0);
  await ask(page, [picture("which.png", [190, 20, 20])]);
  await expect.poll(() => page.evaluate(() => window.asked)).toBe(1);
  expect((await page.evaluate(readKept)).queries).toBe(11);
  await ask(page, [picture("more.png", [20, 30, 190])]);
  await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(12);
  expect(await page.evaluate(() => window.asked)).toBe(1);
});

for (const answer of ["refuses", "never answers", "cannot be asked"] as const)
  test(`a browser that ${answer} to clear nothing keeps what there is all the same`, async ({
    page,
  }) => {
    await page.addInitScript(countPersist, answer);
    await works(page);
    await expect.poll(async () => (await page.evaluate(readKept)).queries).toBe(1);
    expect(await page.evaluate(() => window.asked)).toBe(answer === "cannot be asked" ? 0 : 1);
    await expect(page.getByRole("alert")).toHaveCount(0);
    await page.reload();
    await answered(page);
  });

declare global {
  interface Window {
    /** How often the page has asked to be kept. */
    asked: number;
  }
}

function countPersist(answer: "grants" | "refuses" | "never answers" | "cannot be asked"): void {
  window.asked = 0;
  const persist = () => {
    window.asked++;
    if (answer === "refuses") return Promise.reject(new TypeError("refused by a test"));
    return answer === "grants" ? Promise.resolve(true) : new Promise<boolean>(() => {});
  };
  // As over http.
  const value = answer === "cannot be asked" ? undefined : { persist };
  Object.defineProperty(navigator, "storage", { value });
}
