/** Build step: the service worker with the list of the site's files, and the manifest of the app. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, transformWithOxc } from "vite";
import { RELAXED_SIMD } from "../package/src/probe.ts";

/** Fetched when they are chosen; several together would be too much for a first visit. */
const ON_DEMAND = /\.safetensors$/;
/** The module in two forms, of which a browser keeps the one that it runs. */
const MODULE = /\.wasm$/;
const RELAXED = /relaxed/;
/** What no page asks for, or only with a network: "Take it along" needs the other module too. */
const LEFT_OUT = /^along-|(^|\/)(\.|README\.md$|LICENSE\.txt$|\.NOTICE$|sw\.js$)|\.woff$/;

export function offline(title: string): Plugin {
  return {
    name: "offline",
    apply: "build",
    async writeBundle({ dir }) {
      if (!dir) return;
      writeFileSync(join(dir, "manifest.webmanifest"), JSON.stringify(appManifest(title), null, 2));
      const files = readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
        .map((file) => file.replaceAll("\\", "/"))
        .filter((file) => !LEFT_OUT.test(file) && !ON_DEMAND.test(file))
        .sort();
      const site = files.filter((file) => !MODULE.test(file));
      const modules = files.filter((file) => MODULE.test(file));
      const address = (file: string | undefined) => `./${file}`;
      const digest = createHash("sha256");
      for (const file of files) digest.update(file).update(readFileSync(join(dir, file)));
      const version = digest.digest("hex").slice(0, 16);
      const index = join(dir, "index.html");
      writeFileSync(index, readFileSync(index, "utf8").replace("%VERSION%", version));
      const path = join(import.meta.dirname, "../sw/worker.ts");
      // No browser needs to know of service workers that are modules.
      const { code } = await transformWithOxc(readFileSync(path, "utf8"), path, {
        sourcemap: false,
      });
      const head = [
        `const VERSION = ${JSON.stringify(version)};`,
        `const FILES = ${JSON.stringify(site.map(address))};`,
        `const RELAXED_SIMD = ${JSON.stringify(RELAXED_SIMD)};`,
        `const RELAXED = ${JSON.stringify(address(modules.find((file) => RELAXED.test(file))))};`,
        `const PLAIN = ${JSON.stringify(address(modules.find((file) => !RELAXED.test(file))))};`,
      ];
      const script = code.replace(/^export \{\s*\};?$/m, "");
      writeFileSync(join(dir, "sw.js"), `${head.join("\n")}\n${script}`);
    },
  };
}

/** What an installed page is called and looks like. */
function appManifest(title: string) {
  const icon = (file: string, sizes: string, type: string) => ({
    src: `./icons/${file}`,
    sizes,
    type,
    purpose: "any",
  });
  return {
    name: title,
    short_name: title.slice(0, 12),
    start_url: "./",
    scope: "./",
    display: "standalone",
    background_color: "#f7f5f0",
    theme_color: "#f7f5f0",
    icons: [
      icon("icon.svg", "any", "image/svg+xml"),
      icon("icon-192.png", "192x192", "image/png"),
      icon("icon-512.png", "512x512", "image/png"),
    ],
  };
}
