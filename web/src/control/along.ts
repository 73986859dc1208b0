/**
 * "Take it along": the classifier as a page of its own, in a ZIP: that page, the package, both
 * modules, the model and a README, to be unpacked and served by whatever serves files.
 */

import { get } from "../../package/src/download.ts";
import { MODULE_FILES, type ModuleKind, moduleUrl } from "../../package/src/module.ts";
import type { TaskSpec } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { threshold } from "../state/task.ts";
import { writeZip, type ZipEntry } from "../storage/zip.ts";
import { language, t } from "../strings/index.ts";
import { sentence } from "./failures.ts";
import { CLASSIFIER, classifierOf, download, taught } from "./share.ts";

/** Where the build leaves what every such page has. */
declare const __ALONG__: string;
const FOLDER = __ALONG__;
/** A title names no more classes than can be read. */
const MOST_NAMES = 6;

export async function takeAlong(app: App): Promise<void> {
  const task = taught(app);
  if (!task) return;
  try {
    download(await pageOf(app, task), `${t.along.file}.zip`);
  } catch (error) {
    app.store.notify({ kind: "error", text: sentence(error, t.takeAlong) });
  }
}

async function pageOf(app: App, task: TaskSpec): Promise<Blob> {
  const kinds: ModuleKind[] = ["simd", "relaxed"];
  const [classifier, { file, url }, list, readme] = await Promise.all([
    classifierOf(app, task),
    app.models.present(),
    blobAt(`${FOLDER}files.json`),
    blobAt(`${FOLDER}README.${language}.md`),
  ]);
  const texts = textsOf(app, task);
  const names: string[] = JSON.parse(await list.text());
  const files = await Promise.all([
    ...names.map(async (name) => ({ name, data: await blobAt(FOLDER + name) })),
    ...kinds.map(async (kind) => ({
      name: `fewshot/${MODULE_FILES[kind]}`,
      data: await blobAt(moduleUrl(kind)),
    })),
  ]);
  const page = files.map(async ({ name, data }): Promise<ZipEntry> => {
    return name === "index.html"
      ? { name, data: await filled(data, texts, escaped) }
      : { name, data };
  });
  return writeZip([
    { name: "README.md", data: await filled(readme, texts, (text) => text) },
    ...(await Promise.all(page)),
    { name: CLASSIFIER, data: classifier },
    { name: "model.safetensors", data: file },
    ...(await noticeOf(url)),
  ]);
}

/** What the page says, in the language of this one. */
function textsOf(app: App, task: TaskSpec): Record<string, string> {
  const { session, info } = app.store;
  const names = task.classes.map((c) => c.name);
  const list = (type: "disjunction" | "conjunction") =>
    new Intl.ListFormat(language, { type }).format(names);
  const limit = info && threshold(session, info);
  return {
    ...t.along,
    language,
    title: names.length <= MOST_NAMES ? `${list("disjunction")}?` : t.along.title,
    classes: list("conjunction"),
    none: t.noneOfThese,
    threshold: limit === null ? "" : String(limit),
  };
}

/** Whose the weights are travels with them, where it is said. */
async function noticeOf(model: string | null): Promise<ZipEntry[]> {
  if (model === null) return [];
  const response = await fetch(model.replace(/\.safetensors.*$/, ".NOTICE"));
  // Some hosts answer what they do not have with a page.
  const isPage = response.headers.get("content-type")?.startsWith("text/html");
  return response.ok && !isPage ? [{ name: "model.NOTICE", data: await response.blob() }] : [];
}

async function filled(
  template: Blob,
  texts: Record<string, string>,
  write: (text: string) => string,
): Promise<Blob> {
  const text = await template.text();
  return new Blob([text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => write(texts[name] ?? ""))]);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

async function blobAt(address: string | URL): Promise<Blob> {
  return (await get(new URL(address, document.baseURI))).blob();
}
