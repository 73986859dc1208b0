/**
 * The built page in a real browser. `cargo xtask test` serves it and passes BASE (its address) and
 * CHROMIUM (the browser); by hand: `BASE=http://127.0.0.1:8080/ npm run test:browser` in `web/`.
 */
import { defineConfig } from "@playwright/test";

/** What is timed there wants the machine for itself. */
const TIMED = /(smooth|camera)\.spec\.ts$/;

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  reporter: "list",
  // The machines this runs on have two cores, and a page is idle much of the time. What is timed
  // comes last, one after the other (`--no-deps` runs it without the rest).
  workers: 2,
  projects: [
    { name: "page", testIgnore: TIMED },
    { name: "timed", testMatch: TIMED, dependencies: ["page"], workers: 1 },
  ],
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
    // Recording costs a tenth of the time; what failed in CI is tried, and recorded, once more.
    trace: process.env.CI ? "on-first-retry" : "retain-on-failure",
  },
});
