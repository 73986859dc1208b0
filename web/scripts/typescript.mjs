/** Lets Node 20 import TypeScript, with the compiler that Vite brings: `node --import` this. */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";

/** Called by Node for each module, in the thread of the loader. */
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = await transformWithOxc(await readFile(path, "utf8"), path);
  return { format: "module", source: code, shortCircuit: true };
}

// The thread of the loader imports this file too, and must not register it again.
if (!process.env.FEWSHOT_LOADER) {
  process.env.FEWSHOT_LOADER = "1";
  register(import.meta.url);
}
