/** For everybody: no violation that axe knows, the keyboard alone, languages, narrow screens. */
import AxeBuilder from "axe-core";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { claiming } from "./pictures";
import { answered, cards, fromMenu, open, openSample } from "./support";

/** Runs axe in the page; its source goes in by the debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async () => {
    const axe = (window as unknown as { axe: typeof AxeBuilder }).axe;
    const { violations } = await axe.run(document);
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)}`));
  });
}

/** Every view there is, by the way a person comes to it; each is left again. */
const VIEWS: Record<string, (page: Page) => Promise<void>> = {
  "a session, imagining, the map in words": async (page) => {
    await page.getByLabel("Imagined examples per class").fill("10");
    await page.getByText("The same as a table").click();
    await page.getByText("About this model").click();
    await expect(page.getByRole("cell", { name: "10 imagined" }).first()).toBeVisible();
  },
  "the evidence of an answer": async (page) => {
    await page.getByRole("button", { name: "Show the evidence" }).first().click();
    await expect(page.getByText(/^Warm where covering/)).toBeVisible();
  },
  "the menu of the page": (page) =>
    page.getByRole("button", { name: "More", exact: true }).click(),
  "the menu of a class": (page) =>
    page.getByRole("button", { name: "Menu of class" }).first().click(),
  "a picture closer": async (page) => {
    await page.keyboard.press("Escape");
    await page.locator(".thumb").first().click();
    await page.getByRole("menuitem", { name: "Look closer" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
  },
  "the camera, live": async (page) => {
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Look around" }).click();
    await expect(page.getByText(/answers a second/)).toBeVisible();
  },
  "an evaluation": async (page) => {
    await page.getByRole("button", { name: "Close" }).click();
    await fromMenu(page, "Evaluate…");
    await page.getByRole("button", { name: "Use the classes of this page" }).click();
    await page.getByLabel("Episodes").fill("20");
    await page.getByRole("button", { name: "Evaluate", exact: true }).click();
    await expect(page.getByText("Done.")).toBeVisible();
  },
  "a cell of the confusion": async (page) => {
    await page.getByRole("button", { name: / recognised: / }).first().click();
    await expect(page.getByRole("dialog", { name: / recognised: / })).toBeVisible();
  },
  "a message": async (page) => {
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Close" }).last().click();
    await fromMenu(page, "Start over");
    await expect(page.getByText("Everything was cleared.")).toBeVisible();
  },
  "two empty classes": (page) =>
    page.getByRole("button", { name: "Use your own pictures" }).click(),
};

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on any view, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await open(page);
    await expect(page.locator(".sample").first()).toBeVisible();
    expect(await violations(page), "the welcome").toEqual([]);
    await page.locator(".sample").first().click();
    await answered(page);
    for (const [view, go] of Object.entries(VIEWS)) {
      await go(page);
      expect(await violations(page), view).toEqual([]);
    }
  });
}

test("in forced colours everything that tells classes and answers apart stays", async ({ page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await openSample(page, /Butterflies/);
  expect(await violations(page)).toEqual([]);
  const colour = (selector: string) =>
    page.locator(selector).evaluateAll((all) => all.map((e) => getComputedStyle(e).backgroundColor));
  // Five classes, five colours; bars are not wiped out.
  expect(new Set(await colour(".swatch")).size).toBe(5);
  const [fill] = await colour(".query-card:first-child .bar.best .bar-fill");
  const [track] = await colour(".query-card:first-child .bar.best .bar-track");
  expect(fill).not.toBe(track);
  const border = page.locator(".query-card").first();
  expect(await border.evaluate((e) => getComputedStyle(e).borderTopStyle)).toBe("solid");
});

test("the keyboard alone loads a sample, corrects an answer and undoes it", async ({ page }) => {
  await open(page);
  await page.locator(".sample").first().focus();
  await page.keyboard.press("Enter");
  await answered(page);
  const menu = page.getByRole("button", { name: /^Menu of .*jpg$/ }).first();
  await menu.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  // Past "Look closer" to the first class.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator(".query-card")).toHaveCount(11);
  await page.keyboard.press("Control+z");
  await expect(page.locator(".query-card")).toHaveCount(12);
});

test("a picture is moved to another class by the keyboard, and removed", async ({ page }) => {
  await openSample(page, /Butterflies/);
  const counts = () =>
    page.locator(".class-card").evaluateAll((cards) =>
      cards.map((card) => card.querySelectorAll(".thumb").length),
    );
  expect(await counts()).toEqual([3, 3, 3, 3, 3]);
  await page.locator(".thumb").first().focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(counts).toEqual([2, 4, 3, 3, 3]);
  await page.locator(".thumb").first().focus();
  await page.keyboard.press("Delete");
  await expect.poll(counts).toEqual([1, 4, 3, 3, 3]);
});

test("results are announced, and so is what the arrow keys find on the map", async ({ page }) => {
  await openSample(page, /Butterflies/);
  await expect(page.getByRole("status").filter({ hasText: "10 pictures recognised" })).toBeAttached();
  await page.getByRole("group", { name: "How it sees them" }).focus();
  await page.keyboard.press("ArrowRight");
  const voice = page.locator("[aria-live=polite]").filter({ hasText: /^(example|question) · / });
  await expect(voice).toBeAttached();
});

test("every file of sentences is a language that the page offers", async ({ page }) => {
  const folder = resolve(__dirname, "../../../web/src/strings/languages");
  const languages = readdirSync(folder).map((file) => {
    const [, name] = /language: "(.+)"/.exec(readFileSync(join(folder, file), "utf8")) ?? [];
    return { tag: file.replace(".ts", ""), name: name ?? "" };
  });
  expect(languages.length).toBeGreaterThanOrEqual(2);
  await open(page);
  for (const { tag, name } of languages.filter((language) => language.tag !== "en")) {
    await page.getByRole("banner").getByRole("button").last().click();
    await page.getByRole("menuitem", { name, exact: true }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", tag);
  }
});

test.describe("in German", () => {
  test.use({ locale: "de-DE" });

  test("the page speaks German where the browser does, and English when asked", async ({ page }) => {
    await open(page);
    await expect(page.locator("html")).toHaveAttribute("lang", "de");
    await expect(page.getByText("Bring es ihm mit einer Handvoll Bilder bei.")).toBeVisible();
    await page.getByRole("button", { name: "Mehr", exact: true }).click();
    await page.getByRole("menuitem", { name: "English" }).click();
    await expect(page.getByText("Teach it with a handful of pictures.")).toBeVisible();
  });

  test("no English of the learner or the browser stands in what goes wrong", async ({ page }) => {
    await open(page);
    await page.getByRole("button", { name: "Eigene Bilder nehmen" }).click();
    const nothing = Buffer.from("nothing like it");
    const model = { name: "meins.safetensors", mimeType: "", buffer: nothing };
    await page.getByLabel("Ein eigenes Modell nehmen").setInputFiles([model]);
    const broken = { name: "kaputt.jpg", mimeType: "image/jpeg", buffer: nothing };
    const files = [broken, claiming("riesig.png", 40_000, 40_000)];
    await page.getByLabel("Bilder zu Klasse 1 hinzufügen").setInputFiles(files);
    const told = page.getByRole("alert").locator("p");
    await expect(told).toHaveCount(3);
    const sentences = (await told.allTextContents()).sort();
    expect(sentences).toEqual([
      "„kaputt.jpg“ ist beschädigt oder kein Bild, das dieser Browser lesen kann. Sichere es als JPEG oder PNG und füg es noch einmal hinzu.",
      "„meins.safetensors“ taugt nicht als Modell. Wähl eine .safetensors-Datei, die „fewshot train“ geschrieben hat.",
      "„riesig.png“ ist zu groß, um es hier zu öffnen. Verkleinere es auf unter 50 Megapixel und füg es noch einmal hinzu.",
    ]);
  });
});

for (const width of [360, 768, 1440]) {
  test(`nothing sticks out at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const sticksOut = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await open(page);
    expect(await sticksOut(), "the welcome").toBe(0);
    await openSample(page, /Butterflies/);
    await page.getByLabel("Imagined examples per class").fill("10");
    expect(await sticksOut(), "a session").toBe(0);
    await fromMenu(page, "Evaluate…");
    const inside = (dialog: HTMLElement) => dialog.scrollWidth - dialog.clientWidth;
    expect(await page.getByRole("dialog").evaluate(inside), "a window").toBe(0);
  });
}

test("a long name of a class stays in its card on a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, "#lang=de");
  await page.getByRole("button", { name: /Obst und Gemüse/ }).click();
  await answered(page);
  await expect(page.locator(".answer", { hasText: "Rote Paprika" }).first()).toBeVisible();
  const out = await cards(page).evaluateAll((all) =>
    all.map((card) => card.scrollWidth - card.clientWidth),
  );
  expect(Math.max(...out)).toBe(0);
});

test.describe("by finger", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } });

  test("what is touched is large enough", async ({ page }) => {
    await openSample(page, /Butterflies/);
    const small = await page
      .locator("button:visible, .tile:visible, label.button:visible, .jump a:visible")
      .evaluateAll((all) =>
        all.flatMap((e) => {
          const { width, height } = e.getBoundingClientRect();
          return Math.min(width, height) < 40 ? [`${e.className} ${width} × ${height}`] : [];
        }),
      );
    expect(small).toEqual([]);
  });
});
