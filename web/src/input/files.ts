/**
 * Files as people bring them: chosen, dropped (folders too) or pasted, sorted
 * into pictures (by their folder), models and saved sessions.
 */

/** What the page's own session files are called. */
export const SESSION_EXTENSION = ".fewshot.zip";

export interface Found {
  readonly file: File;
  /** Folders above it, outermost first, as far as they were dropped. */
  readonly folders: readonly string[];
}

export interface Sorted {
  /** Pictures by the folder they lie in; key null for those in none. */
  readonly groups: ReadonlyMap<string | null, File[]>;
  readonly models: readonly File[];
  readonly sessions: readonly File[];
}

const PICTURE = /\.(jpe?g|jfif|png|webp|avif|gif|bmp|heic|heif|tiff?|svg)$/i;

function isPicture(file: File): boolean {
  return file.type.startsWith("image/") || PICTURE.test(file.name);
}

/** Files of a chosen list; a folder chooser gives their relative paths. */
export function fromList(list: FileList | readonly File[]): Found[] {
  return Array.from(list, (file) => ({
    file,
    folders: file.webkitRelativePath.split("/").slice(0, -1),
  }));
}

/** Must be called within the drop event: the browser takes the entries away after it. */
export function fromDrop(transfer: DataTransfer): Promise<Found[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => entry === null)) return Promise.resolve(fromList(transfer.files));
  return Promise.all(entries.map((entry) => (entry ? walk(entry, []) : []))).then((found) =>
    found.flat(),
  );
}

async function walk(entry: FileSystemEntry, folders: readonly string[]): Promise<Found[]> {
  if (entry.name.startsWith(".")) return [];
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ file, folders }];
  }
  const inside = await children(entry as FileSystemDirectoryEntry);
  const found = await Promise.all(inside.map((child) => walk(child, [...folders, entry.name])));
  return found.flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

/** A reader hands out entries in portions, until an empty one. */
async function children(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) return all;
    all.push(...portion);
  }
}

export function sort(found: readonly Found[]): Sorted {
  const groups = new Map<string | null, File[]>();
  const models: File[] = [];
  const sessions: File[] = [];
  const inOrder = [...found].sort((a, b) => path(a).localeCompare(path(b), undefined, NUMERIC));
  for (const { file, folders } of inOrder) {
    if (file.name.startsWith(".")) continue;
    if (file.name.endsWith(".safetensors")) models.push(file);
    else if (file.name.endsWith(SESSION_EXTENSION)) sessions.push(file);
    else if (isPicture(file)) {
      const folder = folders.at(-1) ?? null;
      const group = groups.get(folder);
      if (group) group.push(file);
      else groups.set(folder, [file]);
    } else if (folders.length === 0) {
      // A lone file of an unknown kind is tried as a picture, so that it gets its sentence.
      groups.set(null, [...(groups.get(null) ?? []), file]);
    }
  }
  return { groups, models, sessions };
}

const NUMERIC: Intl.CollatorOptions = { numeric: true };

function path({ file, folders }: Found): string {
  return [...folders, file.name].join("/");
}
