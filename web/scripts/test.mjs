/** Runs every `*.test.ts` of the page and of the package with Node's own test runner. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../package/build.mjs";

const files = ["src", "package/test"].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(folder, file)),
);
// Once, before the tests that look at it side by side.
await buildPackage();
const options = ["--import", "./scripts/typescript.mjs", "--test"];
const { status } = spawnSync(process.execPath, [...options, ...files], { stdio: "inherit" });
process.exit(status ?? 1);
