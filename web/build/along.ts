/**
 * Build step: what the page gives along with a classifier, a page of its own and the package, in a
 * folder of the site. The modules are the site's own. The folder's name has a digest of its content,
 * so that a page that is older than the site gets nothing that does not go with it.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { buildPackage, OUT } from "../package/build.mjs";

const PAGE = join(import.meta.dirname, "../along");
/** Its half of the package. */
const NODE = /^node/;
/** One for each language, of which the person gets one. */
const README = /^README\./;

/** By their names in the folder. */
type Files = ReadonlyMap<string, Uint8Array>;

export function along(): Plugin {
  let files: Files = new Map();
  let folder = "along/";
  return {
    name: "along",
    async config(_, { command }) {
      if (command === "build") {
        await buildPackage();
        files = read();
        folder = `along-${digestOf(files)}/`;
      }
      return { define: { __ALONG__: JSON.stringify(folder) } };
    },
    generateBundle() {
      for (const [name, source] of files)
        this.emitFile({ type: "asset", fileName: folder + name, source });
    },
  };
}

function read(): Files {
  const files = new Map<string, Uint8Array>();
  for (const name of readdirSync(PAGE)) files.set(name, readFileSync(join(PAGE, name)));
  // But for the modules, the package lies in one folder.
  for (const entry of readdirSync(OUT, { withFileTypes: true }))
    if (entry.isFile() && !NODE.test(entry.name))
      files.set(`fewshot/${entry.name}`, readFileSync(join(OUT, entry.name)));
  const list = [...files.keys()].filter((name) => !README.test(name));
  return files.set("files.json", Buffer.from(JSON.stringify(list)));
}

function digestOf(files: Files): string {
  const digest = createHash("sha256");
  for (const [name, content] of files) digest.update(name).update(content);
  return digest.digest("hex").slice(0, 8);
}
