/**
 * Builds what is published into `dist/`: the scripts for a browser and for Node, the types, and the
 * learner's module with its JavaScript side, which `cargo xtask wasm` has made before.
 */
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";

const HERE = import.meta.dirname;
const GENERATED = join(HERE, "src/generated");
/** The module in its two forms, and its JavaScript side as wasm-bindgen writes it. */
const MODULE = ["fewshot_wasm.js", "fewshot_wasm_bg.wasm", "fewshot_wasm_relaxed.wasm"];

const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];

/** What `package.json` names. */
export const OUT = join(HERE, "dist");

/** `out` is emptied first. */
export async function buildPackage(out = OUT) {
  for (const file of MODULE) {
    if (!existsSync(join(GENERATED, file)))
      throw new Error(`${file} is missing in web/package/src/generated: run \`cargo xtask wasm\``);
  }
  rmSync(out, { recursive: true, force: true });
  // Each for itself: what runs in a worker shares next to nothing with what starts it.
  for (const script of ["index", "worker", "node", "node-worker"]) {
    await build({
      input: join(HERE, `src/${script}.ts`),
      platform: script.startsWith("node") ? "node" : "browser",
      external: (id) => id.endsWith("/fewshot_wasm.js"),
      output: {
        file: join(out, `${script}.js`),
        format: "esm",
        minify: true,
        codeSplitting: false,
        // It names the module as lying beside it, and so it does.
        paths: (id) => (id.endsWith("/fewshot_wasm.js") ? "./generated/fewshot_wasm.js" : id),
      },
      logLevel: "warn",
    });
  }
  mkdirSync(join(out, "generated"));
  for (const file of MODULE) copyFileSync(join(GENERATED, file), join(out, "generated", file));
  for (const file of LICENCES) copyFileSync(join(HERE, "../..", file), join(out, file));
  copyFileSync(join(HERE, "src/api.ts"), join(out, "index.d.ts"));
}

if (process.argv[1] === import.meta.filename) await buildPackage();
