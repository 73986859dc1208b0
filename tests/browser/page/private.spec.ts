/** Nothing leaves the device: every request is watched while pictures are classified. */
import { expect, test } from "@playwright/test";
import { answered, ask, openSample, picture } from "./support";

test("every request goes to the page's own host and sends nothing", async ({ page, baseURL }) => {
  const requests: { url: string; method: string }[] = [];
  page.context().on("request", (request) => {
    requests.push({ url: request.url(), method: request.method() });
  });
  await openSample(page, /Groceries/);
  const loaded = requests.length;
  await ask(page, [picture("secret.png", [10, 200, 90])]);
  await answered(page);
  await page.getByLabel("Imagined examples per class").fill("30");
  await answered(page);
  const elsewhere = requests.filter(
    ({ url }) => !url.startsWith(baseURL ?? "") && !/^(blob|data):/.test(url),
  );
  expect(elsewhere).toEqual([]);
  expect(requests.filter(({ method }) => method !== "GET")).toEqual([]);
  // A picture of one's own causes no request at all but for showing it.
  expect(requests.slice(loaded).filter(({ url }) => !/^(blob|data):/.test(url))).toEqual([]);
});

test("the page's own policy forbids everything else", async ({ page }) => {
  await openSample(page, /Groceries/);
  const policy = page.locator("meta[http-equiv=Content-Security-Policy]");
  const said = (await policy.getAttribute("content"))?.split("; ");
  expect(said).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "connect-src 'self'",
      "script-src 'self' 'wasm-unsafe-eval'",
    ]),
  );
  const blocked = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (e) => resolve(e.effectiveDirective));
    });
    await fetch("https://example.org/").catch(() => {});
    return violation;
  });
  expect(blocked).toBe("connect-src");
});
