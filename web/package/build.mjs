/**
 * Builds what is published into `dist/`: the scripts for a browser and for Node, the types, and the
 * learner's module, which `cargo xtask wasm` has made before. Its JavaScript side is in the workers.
 */
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";

const HERE = import.meta.dirname;
const GENERATED = join(HERE, "src/generated");
/** In its two forms. */
const MODULE = ["fewshot_wasm_bg.wasm", "fewshot_wasm_relaxed.wasm"];

const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];

/** What `package.json` names. */
export const OUT = join(HERE, "dist");

export async function buildPackage() {
  for (const file of MODULE) {
    if (!existsSync(join(GENERATED, file)))
      throw new Error(`${file} is missing in web/package/src/generated: run \`cargo xtask wasm\``);
  }
  rmSync(OUT, { recursive: true, force: true });
  // Each for itself: what runs in a worker shares next to nothing with what starts it.
  for (const script of ["index", "worker", "node", "node-worker"]) {
    await build({
      input: join(HERE, `src/${script}.ts`),
      platform: script.startsWith("node") ? "node" : "browser",
      output: {
        file: join(OUT, `${script}.js`),
        format: "esm",
        minify: true,
        codeSplitting: false,
      },
      logLevel: "warn",
    });
  }
  mkdirSync(join(OUT, "generated"));
  for (const file of MODULE) copyFileSync(join(GENERATED, file), join(OUT, "generated", file));
  for (const file of LICENCES) copyFileSync(join(HERE, "../..", file), join(OUT, file));
  copyFileSync(join(HERE, "src/api.ts"), join(OUT, "index.d.ts"));
}

if (process.argv[1] === import.meta.filename) await buildPackage();
