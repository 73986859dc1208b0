/**
 * The page in Firefox: not by Playwright, which wants a Firefox of its own, but by WebDriver BiDi,
 * which every Firefox speaks. Skipped, loudly, where none is installed.
 */
import { existsSync } from "node:fs";
import { expect, test } from "@playwright/test";
import puppeteer, { type Page } from "puppeteer-core";
import { readKept } from "./page/kept";

const PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const FIREFOX = process.env.FIREFOX ?? PLACES.find((place) => existsSync(place));

test("a sample is answered in Firefox, imagined examples change it, a reload keeps it", async ({
  baseURL,
}) => {
  test.skip(!FIREFOX, "no Firefox here: apt-get install firefox-esr, or set FIREFOX to its program");
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX ?? "",
    extraPrefsFirefox: { "intl.accept_languages": "en-GB" },
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(baseURL ?? "");
    await page.locator(".sample").click();
    await answered(page);
    expect(await texts(page, ".query-card:first-child .bar-value")).toHaveLength(6);
    expect(await texts(page, ".queries .count")).toEqual([expect.stringMatching(/of 12 right/)]);
    await page.locator(".imagine input").fill("20");
    await page.waitForSelector(".bar-mark:not([hidden])");
    await page.locator(".evidence-button").click();
    await page.waitForSelector(".query-picture canvas:not([hidden])");
    await expect.poll(() => page.evaluate(readKept)).toMatchObject({ queries: 12, hallucinations: 20 });
    await page.reload();
    await answered(page);
    expect(await page.$eval(".imagine input", (input) => (input as HTMLInputElement).value)).toBe("20");
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
});

async function answered(page: Page): Promise<void> {
  await page.waitForSelector(".query-card");
  await page.waitForFunction(() => !document.querySelector(".query-card.waiting"), {
    timeout: 45_000,
  });
}

function texts(page: Page, selector: string): Promise<(string | null)[]> {
  return page.$$eval(selector, (all) => all.map((element) => element.textContent));
}
