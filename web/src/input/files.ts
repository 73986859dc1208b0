/**
 * Files as people bring them: chosen, dropped (folders too) or pasted, sorted
 * into pictures (by their class folder), models and saved sessions.
 */
import { classOf, isHidden } from "./folders.ts";

/** What the page's own session files are called. */
export const SESSION_EXTENSION = ".fewshot.zip";

export interface Found {
  readonly file: File;
  /** Folders above it, outermost first, as far as they were dropped. */
  readonly folders: readonly string[];
}

export interface Sorted {
  /** Pictures by the folder of their class; key null for those in no folder. */
  readonly groups: ReadonlyMap<string | null, File[]>;
  /** Pictures that lie beside class folders and belong to none. */
  readonly beside: readonly File[];
  readonly models: readonly File[];
  readonly archives: readonly File[];
  /** The files of an unpacked session, by their paths in it; none where there is no such folder. */
  readonly session: ReadonlyMap<string, File>;
}

/** What tells the folder of an unpacked session. */
export const SESSION_INDEX = "session.json";
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
  if (isHidden(entry.name)) return [];
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
  const beside: File[] = [];
  const models: File[] = [];
  const archives: File[] = [];
  const seen = found.filter(({ file, folders }) => ![...folders, file.name].some(isHidden));
  const session = unpacked(seen);
  const inOrder = (session.size > 0 ? [] : seen).sort((a, b) =>
    path(a).localeCompare(path(b), undefined, NUMERIC),
  );
  const group = classOf(inOrder.filter(({ file }) => isPicture(file)).map((f) => f.folders));
  const add = (name: string | null | undefined, file: File) => {
    const files = name === undefined ? beside : groups.get(name);
    if (files) files.push(file);
    else if (name !== undefined) groups.set(name, [file]);
  };
  for (const { file, folders } of inOrder) {
    if (/\.safetensors$/i.test(file.name)) models.push(file);
    else if (/\.zip$/i.test(file.name)) archives.push(file);
    else if (isPicture(file)) add(group(folders), file);
    // A lone file of an unknown kind is tried as a picture, so that it gets its sentence.
    else if (folders.length === 0) add(null, file);
  }
  return { groups, beside, models, archives, session };
}

/** The files of the first folder that is an unpacked session. */
function unpacked(found: readonly Found[]): Map<string, File> {
  const index = found.find(
    ({ file, folders }) => file.name === SESSION_INDEX && folders.length > 0,
  );
  if (!index) return new Map();
  const root = `${index.folders.join("/")}/`;
  const inside = found.filter((f) => path(f).startsWith(root));
  return new Map(inside.map((f) => [path(f).slice(root.length), f.file]));
}

const NUMERIC: Intl.CollatorOptions = { numeric: true };

function path({ file, folders }: Found): string {
  return [...folders, file.name].join("/");
}
