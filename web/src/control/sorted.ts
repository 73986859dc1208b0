/** What came of sorting: a table of all answers, and the pictures in a folder per class. */

import type { PictureId } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { answersOf } from "../state/answers.ts";
import { classOf } from "../state/session.ts";
import { threshold } from "../state/task.ts";
import { csv } from "../storage/csv.ts";
import { chooseFolder, type DiskFile, takeBack, writeFiles } from "../storage/disk.ts";
import { numbered } from "../storage/names.ts";
import { TooMany, writeZip, type ZipEntry } from "../storage/zip.ts";
import { formatInteger, t } from "../strings/index.ts";
import { download } from "./share.ts";

/** Files, so that a thousand are not a thousand messages. */
const SHOWN_EVERY = 50;

interface Sorted {
  readonly picture: PictureId;
  readonly name: string;
  readonly label: string;
  /** Null where the person has said it. */
  readonly probability: number | null;
}

export function exportTable(app: App): void {
  const all = sorted(app);
  if (all) download(new Blob([table(all)], { type: "text/csv" }), "answers.csv");
}

export async function exportFolders(app: App): Promise<void> {
  const all = sorted(app);
  if (!all) return;
  const entries: ZipEntry[] = [{ name: "answers.csv", data: new Blob([table(all)]) }];
  const taken = new Set<string>();
  for (const { picture, name, label } of all) {
    const data = app.store.pictures.get(picture)?.blob;
    if (data) entries.push({ name: free(`${fileName(label)}/${fileName(name)}`, taken), data });
  }
  try {
    download(await writeZip(entries), "sorted.zip");
  } catch (error) {
    const text =
      error instanceof TooMany ? t.sortedTooMany(formatInteger(error.most)) : t.sortedNotSaved;
    app.store.notify({ kind: "error", text });
  }
}

/** Straight into folders of the disk; nothing there is overwritten, and all of it can be taken back. */
export async function exportToDisk(app: App): Promise<void> {
  const all = sorted(app);
  if (!all) return;
  const { store } = app;
  const files: DiskFile[] = all.flatMap(({ picture, name, label }) => {
    const data = store.pictures.get(picture)?.blob;
    return data ? [{ folder: fileName(label), name: fileName(name), data }] : [];
  });
  files.push({ folder: "", name: "answers.csv", data: new Blob([table(all)]) });
  let written = 0;
  let shown = 0;
  try {
    const root = await chooseFolder("sorted");
    if (!root) return;
    await writeFiles(root, files, (count) => {
      written = count;
      if (count % SHOWN_EVERY !== 0) return;
      store.dismiss(shown);
      const text = t.writing(formatInteger(count), formatInteger(files.length));
      shown = store.notify({ kind: "info", text, stays: true });
    });
    store.notify({
      kind: "info",
      text: t.sortedInto(all.length, root.name),
      action: { label: t.takeBack, run: () => void takeBackFrom(app, root) },
      stays: true,
    });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    store.notify({ kind: "error", text: t.notSortedInto(written, detail), stays: true });
  } finally {
    store.dismiss(shown);
  }
}

async function takeBackFrom({ store }: App, root: FileSystemDirectoryHandle): Promise<void> {
  store.notify({ kind: "info", text: t.takenBack(await takeBack(root)) });
}

/** Every picture that was asked about and has its answer; null, and a sentence, where there is none. */
function sorted({ store }: App): Sorted[] | null {
  const { session, classification, info, pictures } = store;
  const nameOf = (id: PictureId) => pictures.get(id)?.name ?? "";
  const limit = info && threshold(session, info);
  const answered = answersOf(session, classification, limit).flatMap(({ query, verdict }) => {
    if (!verdict?.best) return [];
    const { picture } = query;
    const label = verdict.rejected ? t.noneOfThese : verdict.best.entry.name;
    return [{ picture, name: nameOf(picture), label, probability: verdict.probability }];
  });
  const corrected = session.corrected.map((picture) => {
    const label = classOf(session, picture)?.name ?? "";
    return { picture, name: nameOf(picture), label, probability: null };
  });
  const all = [...answered, ...corrected];
  if (all.length > 0) return all;
  store.notify({ kind: "error", text: t.needsQuestions });
  return null;
}

function table(all: readonly Sorted[]): string {
  const rows = all.map(({ name, label, probability }) => [name, label, probability ?? ""]);
  return csv([["image", "label", "probability"], ...rows]);
}

/** A name that every system takes, and that leads nowhere else. */
function fileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is forbidden
  const clean = name.replace(/[\\/:*?"<>|\u0000-\u001f]/g, "_").replace(/[. ]+$/, "");
  return clean === "" ? "_" : clean;
}

/** Two pictures of one name are two files. */
function free(path: string, taken: Set<string>): string {
  let name = path;
  // Systems that do not tell upper from lower case would write one over the other.
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = numbered(path, n);
  taken.add(name.toLowerCase());
  return name;
}
