/** A new version of the site: offered, taken when the person says so, never mixed with the old. */
import { expect, type Page, test } from "@playwright/test";
import { type Answer, type Site, siteBefore } from "./site";
import { answered, ask, cards, crash, picture } from "./support";

test.use({ serviceWorkers: "allow" });

test("a new version is offered, and replaces the old one whole", async ({ page, baseURL }) => {
  await using site = await siteBefore(baseURL ?? "");
  const old = await visit(page, site);
  site.change = newer;
  await page.reload();
  await expect(offer(page)).toBeVisible();
  // All of it is here already; what is shown is still the old one, however often it is opened.
  await page.reload();
  expect(await page.title()).toBe(old);
  await offer(page).getByRole("button", { name: "Reload" }).click();
  await expect(page).toHaveTitle(`Newer ${old}`);
  await expect(cards(page)).toHaveCount(10);
});

test("a first visit gets the offer too", async ({ page, baseURL }) => {
  await using site = await siteBefore(baseURL ?? "");
  const old = await visit(page, site);
  site.change = newer;
  await lookForUpdate(page);
  await offer(page).getByRole("button", { name: "Reload" }).click();
  await expect(page).toHaveTitle(`Newer ${old}`);
  await expect(cards(page)).toHaveCount(10);
});

test("a page that is older than its first worker is not served by it, and is offered the new one", async ({
  page,
  baseURL,
}) => {
  await using site = await siteBefore(baseURL ?? "");
  let isServed = false;
  site.change = (answer) => {
    if (isServed) return newer(answer);
    isServed = isPage(answer);
    return answer.body;
  };
  await page.goto(site.address);
  const old = await page.title();
  await expect(offer(page)).toBeVisible();
  expect(await isControlled(page)).toBe(false);
  await page.getByRole("button", { name: /Beetles/ }).click();
  await answered(page);
  await offer(page).getByRole("button", { name: "Reload" }).click();
  await expect(page).toHaveTitle(`Newer ${old}`);
  await expect(cards(page)).toHaveCount(10);
});

test("a host that is half-way to a new version gives no half of it", async ({ page, baseURL }) => {
  await using site = await siteBefore(baseURL ?? "");
  const old = await visit(page, site);
  // The list of files is new, the page is not yet.
  site.change = (answer) => (isPage(answer) ? answer.body : newer(answer));
  await lookForUpdate(page);
  await expect(offer(page)).toHaveCount(0);
  await page.reload();
  expect(await page.title()).toBe(old);
  site.change = newer;
  await lookForUpdate(page);
  await offer(page).getByRole("button", { name: "Reload" }).click();
  await expect(page).toHaveTitle(`Newer ${old}`);
});

test("what a page starts later is of its own version, though the host has only the next", async ({
  page,
  baseURL,
}) => {
  await using site = await siteBefore(baseURL ?? "");
  await visit(page, site);
  await expect.poll(() => isControlled(page)).toBe(true);
  site.change = (answer) => (answer.path.startsWith("assets/") ? 404 : newer(answer));
  for (const worker of ["encoder", "session"] as const) await crash(page, worker);
  await ask(page, [picture("which.png", [190, 20, 20])]);
  await expect(cards(page)).toHaveCount(11);
  await answered(page);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

/** Opens a site for the first time, until its files are kept; returns its title. */
async function visit(page: Page, site: Site): Promise<string> {
  await page.goto(site.address);
  await page.getByRole("button", { name: /Beetles/ }).click();
  await expect(cards(page)).toHaveCount(10);
  await answered(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  return page.title();
}

function offer(page: Page) {
  return page.locator(".notice", { hasText: "A new version of this page is here." });
}

function isControlled(page: Page): Promise<boolean> {
  return page.evaluate(() => navigator.serviceWorker.controller !== null);
}

/** Resolves once the browser has what it found, or has given it up. */
async function lookForUpdate(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { update, installing } = await navigator.serviceWorker.ready.then(async (r) => ({
      update: await r.update().catch(() => undefined),
      installing: r.installing,
    }));
    const worker = installing ?? (update instanceof ServiceWorkerRegistration ? update.installing : null);
    const isSettled = () => worker === null || ["installed", "redundant"].includes(worker.state);
    while (!isSettled()) await new Promise((resolve) => worker?.addEventListener("statechange", resolve));
  });
}

function isPage({ path }: Answer): boolean {
  return path === "" || path === "index.html";
}

/** The next version: another page, and a worker that knows it. */
function newer(answer: Answer): Buffer {
  const { path, body } = answer;
  if (path === "sw.js") return replaced(body, /VERSION = "\w+"/, 'VERSION = "next-version"');
  if (!isPage(answer)) return body;
  const page = replaced(body, /name="version" content="\w+"/, 'name="version" content="next-version"');
  return replaced(page, "<title>", "<title>Newer ");
}

function replaced(body: Buffer, what: string | RegExp, by: string): Buffer {
  return Buffer.from(body.toString().replace(what, by));
}
