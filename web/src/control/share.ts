/** What leaves the page, only when the person asks: a session, a classifier, a link. */
import type { TaskSpec } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { SESSION_EXTENSION } from "../input/files.ts";
import { writeLink } from "../state/link.ts";
import { isReady } from "../state/store.ts";
import { taskOf } from "../state/task.ts";
import { TooMany } from "../storage/zip.ts";
import { formatInteger, t } from "../strings/index.ts";
import { sentence } from "./failures.ts";

/** Hands a file to the person, as every browser does: by a link that is clicked. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser may still be about to read it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export async function saveSession(app: App): Promise<void> {
  try {
    download(await app.keeper.save(), `${t.sessionName}${SESSION_EXTENSION}`);
  } catch (error) {
    const text =
      error instanceof TooMany ? t.sessionTooMany(formatInteger(error.most)) : t.sessionNotSaved;
    app.store.notify({ kind: "error", text });
  }
}

/** What a classifier is called, here and in what is taken along. */
export const CLASSIFIER = "classifier.safetensors";

/** What there is to export; null, and said, where there is nothing yet. */
export function taught(app: App): TaskSpec | null {
  const { info, session } = app.store;
  const task = info && taskOf(session, info, isReady(app.store));
  if (task && task.classes.length >= 2) return task;
  app.store.notify({ kind: "error", text: t.needsAnswers });
  return null;
}

/** The classes and settings as a file, with what the person calls the pictures. */
export async function classifierOf(app: App, task: TaskSpec): Promise<Blob> {
  const examples = task.classes.flatMap((c) => c.examples);
  const names = examples.map((id) => app.store.pictures.get(id)?.name ?? "");
  return new Blob([await app.client.call("exportClassifier", { task, names })]);
}

export async function exportClassifier(app: App): Promise<void> {
  const task = taught(app);
  if (!task) return;
  try {
    download(await classifierOf(app, task), CLASSIFIER);
  } catch (error) {
    app.store.notify({ kind: "error", text: sentence(error, t.exportClassifier) });
  }
}

export async function copyLink(app: App): Promise<void> {
  const link = new URL(writeLink(app.store.session), document.baseURI).href;
  try {
    await navigator.clipboard.writeText(link);
    app.store.notify({ kind: "info", text: t.linkCopied });
  } catch {
    app.store.notify({ kind: "info", text: t.linkNotCopied(link) });
  }
}
