/**
 * The built page in a real browser. `cargo xtask test` serves it and passes BASE (its address) and
 * CHROMIUM (the browser); by hand: `BASE=http://127.0.0.1:8080/ npm run test:browser` in `web/`.
 */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  reporter: "list",
  // The machines this runs on have two cores, and the page's worker wants one.
  workers: 1,
  retries: process.env.CI ? 1 : 0,
  timeout: 180_000,
  expect: { timeout: 45_000 },
  use: {
    baseURL: process.env.BASE ?? "http://127.0.0.1:8080/",
    locale: "en-GB",
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM || undefined,
      args: [
        "--no-sandbox",
        // A camera that shows a moving pattern, and no question about it.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
      ],
    },
    // What a worker of the site answers no test could hold back; its own tests allow it.
    serviceWorkers: "block",
    trace: "retain-on-failure",
  },
});
