/** Minutes long, so by name only: `BASE=… CHROMIUM=… npm run growth` in `web/`, with the site served. */
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config";

export default defineConfig({ ...tests, testDir: "growth", testMatch: "*.growth.ts" });
