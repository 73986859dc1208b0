/** The main journey, through the controls a person uses. */
import { expect, test } from "@playwright/test";
import { answered, ask, cards, classFolders, open, openSample, picture, teach } from "./support";

const RED: [number, number, number] = [190, 20, 20];
const BLUE: [number, number, number] = [20, 30, 190];
const TWO = {
  Red: [picture("red 1.png", RED), picture("red 2.png", RED)],
  Blue: [picture("blue 1.png", BLUE), picture("blue 2.png", BLUE)],
};

test("a click on a sample brings labels and bars for every question", async ({ page }) => {
  await openSample(page, /Groceries/);
  await expect(cards(page)).toHaveCount(12);
  for (const card of await cards(page).all()) {
    await expect(card.locator(".answer")).not.toBeEmpty();
    await expect(card.locator(".bar")).toHaveCount(6);
    await expect(card.locator(".neighbour")).toHaveCount(3);
  }
  await expect(page.locator(".queries .count")).toContainText(/of 12 right/);
});

test("own pictures are taught and recognised", async ({ page }) => {
  await teach(page, TWO);
  await ask(page, [picture("which.png", BLUE), picture("yes.png", RED)]);
  await answered(page);
  await expect(cards(page).nth(0).locator(".answer")).toHaveText("Blue");
  await expect(cards(page).nth(1).locator(".answer")).toHaveText("Red");
});

test("a broken picture is told by name, and nothing else is lost", async ({ page }) => {
  await teach(page, TWO);
  const broken = { name: "holiday.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") };
  await page.getByLabel("Add pictures to Red").setInputFiles([broken]);
  await expect(page.getByRole("alert")).toContainText("“holiday.jpg” is broken or not a picture");
  await expect(page.locator(".thumb")).toHaveCount(4);
  await ask(page, [picture("which.png", RED)]);
  await answered(page);
  await expect(cards(page).locator(".answer")).toHaveText("Red");
});

test("a file that is no model is told, and the model before it stays", async ({ page }) => {
  await openSample(page, /Butterflies/);
  const file = { name: "mine.safetensors", mimeType: "", buffer: Buffer.from("nothing like it") };
  await page.getByLabel("Use a model of your own").setInputFiles([file]);
  await expect(page.getByRole("alert")).toContainText("“mine.safetensors” cannot be used as a model");
  await expect(page.locator(".thumb")).toHaveCount(15);
  await answered(page);
});

test("an answer is corrected, and that is undone", async ({ page }) => {
  await teach(page, TWO);
  await ask(page, [picture("which.png", RED)]);
  await answered(page);
  await page.getByRole("button", { name: "Menu of which.png" }).click();
  await page.getByRole("menuitem", { name: "It is Blue" }).click();
  await expect(cards(page)).toHaveCount(0);
  await expect(page.locator(".class-card").nth(1).locator(".thumb")).toHaveCount(3);
  await page.keyboard.press("Control+z");
  await expect(cards(page)).toHaveCount(1);
  await expect(page.locator(".class-card").nth(1).locator(".thumb")).toHaveCount(2);
});

test("a class is removed, brought back, switched off and moved by its menu", async ({ page }) => {
  await teach(page, { ...TWO, Green: [picture("green.png", [20, 170, 40])] });
  const menu = (name: string) => page.getByRole("button", { name: `Menu of class ${name}` });
  await menu("Red").click();
  await page.getByRole("menuitem", { name: "Remove class" }).click();
  await expect(page.locator(".class-card")).toHaveCount(2);
  await page.locator(".notice").getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".class-card")).toHaveCount(3);
  await menu("Green").click();
  await page.getByRole("menuitem", { name: "Move up" }).click();
  await expect(page.getByLabel("Name of class 2")).toHaveValue("Green");
  await ask(page, [picture("which.png", RED)]);
  await answered(page);
  await expect(cards(page).locator(".bar")).toHaveCount(3);
  await menu("Green").click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await expect(cards(page).locator(".bar")).toHaveCount(2);
});

test("pictures are dragged between classes and questions", async ({ page }) => {
  await teach(page, TWO);
  const [red, blue] = [page.locator(".class-card").nth(0), page.locator(".class-card").nth(1)];
  await red.locator(".thumb").first().dragTo(blue);
  await expect(blue.locator(".thumb")).toHaveCount(3);
  await blue.locator(".thumb").first().dragTo(page.locator(".new-query"));
  await expect(cards(page)).toHaveCount(1);
  await cards(page).first().locator(".query-picture").dragTo(red);
  await expect(red.locator(".thumb")).toHaveCount(2);
});

test("a class is dragged to another place, and gets another colour", async ({ page }) => {
  await teach(page, TWO);
  await page.locator(".class-card").nth(1).locator(".swatch").dragTo(page.locator(".class-card").nth(0));
  await expect(page.getByLabel("Name of class 1")).toHaveValue("Blue");
  const blue = page.locator(".class-card").first();
  await expect(blue).toHaveAttribute("data-colour", "1");
  await page.getByRole("button", { name: "Menu of class Blue" }).click();
  await page.getByRole("menuitem", { name: "Another colour" }).click();
  await expect(blue).toHaveAttribute("data-colour", "2");
});

test("a folder of class folders that is chosen makes the classes", async ({ page }, info) => {
  const folder = await classFolders(info.outputPath("colours"));
  await open(page);
  await page.getByLabel("Choose a folder of classes").first().setInputFiles(folder);
  await expect(page.getByLabel("Name of class 1")).toHaveValue("blue");
  await expect(page.getByLabel("Name of class 2")).toHaveValue("green");
  await expect(page.locator(".thumb")).toHaveCount(18);
});

test("the page can be used before the weights arrive", async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/\.safetensors/, async (route) => {
    await held;
    await route.continue();
  });
  await teach(page, TWO);
  await ask(page, [picture("which.png", RED)]);
  await expect(page.getByText("Answers appear as soon as the model has arrived.")).toBeVisible();
  release();
  await answered(page);
  await expect(cards(page).locator(".answer")).toHaveText("Red");
});
