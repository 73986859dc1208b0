/**
 * Build step: what the page gives along with a classifier, a page of its own and the package, in
 * `along/` of the site. The modules are the site's own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { buildPackage, OUT } from "../package/build.mjs";

const PAGE = join(import.meta.dirname, "../along");
/** Node's half of the package, and the modules. */
const LEFT_OUT = /^node|\.wasm$/;
/** One for each language, of which the person gets one. */
const README = /^README\./;

export function along(): Plugin {
  return {
    name: "along",
    apply: "build",
    async generateBundle() {
      await buildPackage();
      const files = new Map<string, string>();
      for (const name of readdirSync(PAGE)) files.set(name, join(PAGE, name));
      for (const entry of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
        const name = entry.replaceAll("\\", "/");
        if (/\.|LICENSE/.test(name) && !LEFT_OUT.test(name))
          files.set(`fewshot/${name}`, join(OUT, entry));
      }
      for (const [name, path] of files)
        this.emitFile({ type: "asset", fileName: `along/${name}`, source: readFileSync(path) });
      const list = [...files.keys()].filter((name) => !README.test(name));
      const source = JSON.stringify(list);
      this.emitFile({ type: "asset", fileName: "along/files.json", source });
    },
  };
}
