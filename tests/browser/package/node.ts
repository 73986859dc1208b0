/** The package in Node, beside what the tests see of it in a browser. */
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Fewshot, Learner } from "../../../web/package/src/api";

export const ROOT = resolve(__dirname, "../../..");
export const PACKAGE = join(ROOT, "web/package");
export const MODEL = join(ROOT, "weights/cifar-fs.safetensors");
export const PICTURES = resolve(__dirname, "../pictures");
export const CLASSES = ["leaf", "sand", "sea"];

/** As it is published. */
export async function packageInNode(): Promise<Fewshot> {
  const { href } = pathToFileURL(join(PACKAGE, "dist/node.js"));
  return (await import(href)).Fewshot;
}

/** A learner that knows one picture of each class. */
export async function taughtInNode(): Promise<Learner> {
  const learner = await (await packageInNode()).load(MODEL);
  for (const name of CLASSES) await learner.add(name, join(PICTURES, "support", name, "plain.png"));
  return learner;
}
