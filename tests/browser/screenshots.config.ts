/** The pictures of the documents: `BASE=… CHROMIUM=… npm run screenshots` in `web/`, with the site served. */
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config";

export default defineConfig({ ...tests, testDir: "screenshots", testMatch: "*.shot.ts" });
