/**
 * Files in a folder of the disk, where the browser lets a page write to one (File System Access):
 * nothing is overwritten, and what is about to be written stands in a log first, so that it can be
 * taken back even when the page was closed on the way.
 */
import { numbered } from "./names.ts";

/** A file to write, and the folder below the chosen one. */
export interface DiskFile {
  readonly folder: string;
  readonly name: string;
  readonly data: Blob;
}

/** Beside the folders: a line a file, its path and its length. */
export const LOG = "sorted-in-the-page.jsonl";
/** A log is copied whole at each change, so that so many files share one. */
const BATCH = 50;

interface Line {
  readonly to: string;
  readonly bytes: number;
}

type Picker = (options: { id: string; mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;

function picker(): Picker | undefined {
  return (globalThis as { showDirectoryPicker?: Picker }).showDirectoryPicker;
}

export function canWriteFolders(): boolean {
  return picker() !== undefined;
}

/** The folder that the person chooses; null where none was chosen. */
export async function chooseFolder(id: string): Promise<FileSystemDirectoryHandle | null> {
  try {
    return (await picker()?.({ id, mode: "readwrite" })) ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}

/** Writes the files and calls `onWritten` with how many there are. */
export async function writeFiles(
  root: FileSystemDirectoryHandle,
  files: readonly DiskFile[],
  onWritten: (count: number) => void,
): Promise<void> {
  for (let from = 0; from < files.length; from += BATCH) {
    const batch: { folder: FileSystemDirectoryHandle; path: string; file: DiskFile }[] = [];
    const taken = new Set<string>();
    for (const file of files.slice(from, from + BATCH)) {
      const isOwn = file.folder !== "";
      const folder = isOwn ? await root.getDirectoryHandle(file.folder, { create: true }) : root;
      const name = await freeName(folder, file.name, (other) =>
        taken.has(`${file.folder}/${other}`),
      );
      taken.add(`${file.folder}/${name}`.toLowerCase());
      batch.push({ folder, path: isOwn ? `${file.folder}/${name}` : name, file });
    }
    await appendLog(
      root,
      batch.map(({ path, file }) => ({ to: path, bytes: file.data.size })),
    );
    for (const [i, { folder, path, file }] of batch.entries()) {
      await write(folder, path.slice(path.lastIndexOf("/") + 1), file.data);
      onWritten(from + i + 1);
    }
  }
}

/** Removes what the log says was written, and the folders that are empty then; how many files. */
export async function takeBack(root: FileSystemDirectoryHandle): Promise<number> {
  let count = 0;
  const folders = new Set<string>();
  for (const { to: path, bytes } of await readLog(root)) {
    const slash = path.lastIndexOf("/");
    const folder = await existing(root, path.slice(0, Math.max(0, slash)));
    if (!folder) continue;
    if (slash > 0) folders.add(path.slice(0, slash));
    const name = path.slice(slash + 1);
    // It may never have been written, or somebody has moved or changed it since.
    if ((await sizeOf(folder, name)) === bytes && (await removed(folder, name))) count++;
  }
  for (const folder of folders) await removed(root, folder);
  await removed(root, LOG);
  return count;
}

async function existing(
  root: FileSystemDirectoryHandle,
  folder: string,
): Promise<FileSystemDirectoryHandle | null> {
  if (folder === "") return root;
  return root.getDirectoryHandle(folder).catch(() => null);
}

/** A folder is removed only where it is empty. */
async function removed(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.removeEntry(name);
    return true;
  } catch {
    return false;
  }
}

async function sizeOf(folder: FileSystemDirectoryHandle, name: string): Promise<number | null> {
  const handle = await folder.getFileHandle(name).catch(() => null);
  return handle && (await handle.getFile()).size;
}

async function freeName(
  folder: FileSystemDirectoryHandle,
  name: string,
  isTaken: (name: string) => boolean,
): Promise<string> {
  let free = name;
  for (let n = 2; isTaken(free.toLowerCase()) || (await exists(folder, free)); n++)
    free = numbered(name, n);
  return free;
}

async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return false;
    // A folder of that name stands in the way as a file would; all else is told when it is written.
    return error instanceof DOMException && error.name === "TypeMismatchError";
  }
}

async function write(folder: FileSystemDirectoryHandle, name: string, data: Blob): Promise<void> {
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
  try {
    await stream.write(data);
  } catch (error) {
    await stream.abort();
    throw error;
  }
  await stream.close();
}

async function readLog(root: FileSystemDirectoryHandle): Promise<Line[]> {
  const file = await root.getFileHandle(LOG).catch(() => null);
  const text = file ? await (await file.getFile()).text() : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function appendLog(root: FileSystemDirectoryHandle, lines: readonly Line[]): Promise<void> {
  const handle = await root.getFileHandle(LOG, { create: true });
  const { size } = await handle.getFile();
  const stream = await handle.createWritable({ keepExistingData: true });
  await stream.seek(size);
  await stream.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await stream.close();
}
