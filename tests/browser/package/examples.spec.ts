/** The examples of the package as its reader would run them, and both against `fewshot predict`. */
import { execFileSync, spawn } from "node:child_process";
import { cp, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { serveFolder } from "./folder";
import { CLASSES, MODEL, PACKAGE, PICTURES, ROOT, taughtInNode } from "./node";

const EXAMPLES = join(PACKAGE, "examples");

test("thirty lines without a bundler: taught and asked by hand", async ({ page }, info) => {
  const folder = info.outputPath("plain");
  await cp(join(EXAMPLES, "plain"), folder, { recursive: true });
  await cp(join(PACKAGE, "dist"), join(folder, "fewshot"), { recursive: true });
  await cp(MODEL, join(folder, "model.safetensors"));
  await using site = await serveFolder(folder);
  await page.goto(site.address);
  const said = page.getByRole("status");
  await expect(said).toHaveText("Give two classes a picture each.");
  for (const [i, name] of CLASSES.entries()) {
    await page.getByLabel("Class").fill(name);
    await page.getByLabel("Its pictures").setInputFiles(join(PICTURES, "support", name, "plain.png"));
    await expect(said).toHaveText(CLASSES.slice(0, i + 1).map((taught) => `${taught}: 1`).join(", "));
  }
  const learner = await taughtInNode();
  for (const name of CLASSES) {
    const question = join(PICTURES, "support", name, "photo.jpg");
    await page.getByLabel("What is this?").setInputFiles(question);
    const { label, probabilities } = await learner.classify(question);
    const share = Math.round(100 * (probabilities[label ?? ""] ?? 0));
    await expect(said).toHaveText(label === null ? "none of these" : `${label}, ${share} %`);
  }
  learner.close();
  await page.getByLabel("What is this?").setInputFiles(__filename);
  await expect(said).toContainText("examples.spec.ts");
  await expect(said).toContainText("Give a JPEG");
});

test.describe("with Vite", () => {
  let folder: string;

  test.beforeEach(async ({}, info) => {
    folder = info.outputPath("vite");
    await cp(join(EXAMPLES, "vite"), folder, { recursive: true });
    await mkdir(join(folder, "public"));
    await cp(MODEL, join(folder, "public/model.safetensors"));
    const learner = await taughtInNode();
    await writeFile(join(folder, "public/classifier.safetensors"), await learner.save());
    learner.close();
    await install(folder);
  });

  test("built: a classifier from elsewhere gives its answers", async ({ page }) => {
    execFileSync(process.execPath, [vite(folder), "build"], { cwd: folder, stdio: "pipe" });
    await using site = await serveFolder(join(folder, "dist"));
    await agrees(page, site.address, folder);
    expect(site.asked.filter((path) => path.endsWith(".wasm"))).toHaveLength(1);
  });

  test("on its development server", async ({ page }) => {
    const server = spawn(process.execPath, [vite(folder), "--port", "0", "--host", "127.0.0.1"], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    try {
      const address = await new Promise<string>((resolve, reject) => {
        let said = "";
        const hear = (part: Buffer) => {
          said += part;
          const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
          if (found) resolve(found[0]);
        };
        server.stdout.on("data", hear);
        server.stderr.on("data", hear);
        server.on("exit", () => reject(new Error(said)));
      });
      await agrees(page, address, folder);
    } finally {
      server.kill();
    }
  });
});

/** Puts into a folder what `npm install` would: what `npm pack` packs, and Vite. */
async function install(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "fewshot"), { recursive: true });
  // The scripts of the package would build it anew.
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const name = execFileSync("npm", pack, { cwd: PACKAGE, encoding: "utf8" }).trim();
  execFileSync("tar", ["-xzf", join(folder, name), "--strip-components=1", "-C", join(modules, "fewshot")]);
  await symlink(join(ROOT, "web/node_modules/vite"), join(modules, "vite"));
}

function vite(folder: string): string {
  return join(folder, "node_modules/vite/bin/vite.js");
}

/** What the page answers is what the package answers in Node, and what the command does. */
async function agrees(page: Page, address: string, folder: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole("status")).toHaveText(`It knows ${CLASSES.join(", ")}.`);
  const queries = join(PICTURES, "queries");
  const names = (await readdir(queries)).sort();
  await page.getByLabel("What is this?").setInputFiles(names.map((name) => join(queries, name)));
  await expect(page.getByRole("listitem").filter({ hasText: ")" })).toHaveCount(names.length);
  const said = await page.getByRole("listitem").allTextContents();
  const program = process.env.FEWSHOT_BIN ?? resolve(ROOT, "target/debug/fewshot");
  const classifier = join(folder, "public/classifier.safetensors");
  const asked = ["predict", "--weights", MODEL, "--support", classifier, "--query", queries, "--json"];
  const printed = execFileSync(program, asked, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  for (const line of printed.trim().split("\n")) {
    const { image, label, probabilities } = JSON.parse(line);
    const shown = said.find((text) => text.startsWith(`${image}: ${label} (`));
    expect(shown, `${image}: ${label}, of ${said.join("; ")}`).toBeDefined();
    for (const name of CLASSES) {
      const value = Number(new RegExp(`${name} ([\\d.]+)`).exec(shown ?? "")?.[1]);
      expect(Math.abs(value - probabilities[name]), `${image}, ${name}`).toBeLessThan(0.0007);
    }
  }
}
