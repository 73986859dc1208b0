/**
 * Builds what is published into `dist/`: the scripts for a browser and for Node, the types, and the
 * learner's module, which `cargo xtask wasm` has made before, with its JavaScript side.
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
  // What not every page needs, and the module's own side, are files of their own.
  await script(["index", "worker"], "browser", {
    groups: [
      { name: "module", test: GENERATED },
      { name: "shared", minShareCount: 2 },
    ],
  });
  for (const each of ["node", "node-worker"]) await script([each], "node", false);
  mkdirSync(join(OUT, "generated"));
  for (const file of MODULE) copyFileSync(join(GENERATED, file), join(OUT, "generated", file));
  for (const file of LICENCES) copyFileSync(join(HERE, "../..", file), join(OUT, file));
  copyFileSync(join(HERE, "src/api.ts"), join(OUT, "index.d.ts"));
}

async function script(names, platform, codeSplitting) {
  await build({
    input: Object.fromEntries(names.map((name) => [name, join(HERE, `src/${name}.ts`)])),
    platform,
    output: {
      dir: OUT,
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      format: "esm",
      minify: true,
      codeSplitting,
    },
    logLevel: "warn",
  });
}

if (process.argv[1] === import.meta.filename) await buildPackage();
