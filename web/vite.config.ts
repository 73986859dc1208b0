/**
 * How the page becomes static files: relative addresses, so that it works
 * under any base path, and a digest of its content in every file's name.
 */
import { defineConfig, type Plugin } from "vite";
import { along } from "./build/along.ts";
import { offline } from "./build/offline.ts";
import { sizes } from "./build/sizes.ts";

/** The site's own title, where `cargo xtask web --title` gives one. */
const TITLE = process.env.VITE_TITLE ?? "Fewshot";

/** Puts the site's own title into the page. */
function title(): Plugin {
  const text = TITLE.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return { name: "title", transformIndexHtml: (html) => html.replace("%TITLE%", text) };
}

/** The development server injects styles in ways that the page's own policy forbids. */
function withoutPolicy(): Plugin {
  const policy = /<meta\s+http-equiv="Content-Security-Policy"[^>]*>/;
  return {
    name: "without-policy",
    apply: "serve",
    transformIndexHtml: (html) => html.replace(policy, ""),
  };
}

export default defineConfig({
  base: "./",
  // What is looked at on one's own machine alone may be larger.
  plugins: [
    title(),
    withoutPolicy(),
    along(),
    offline(TITLE),
    ...(process.env.FEWSHOT_UNLIMITED ? [] : [sizes()]),
  ],
  worker: { format: "es" },
  build: {
    target: "es2022",
    // The policy lets nothing in from data: addresses but pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What unzipit would take in Node.
    rolldownOptions: { external: ["node:worker_threads"] },
  },
});
