/** Reading archives, whoever packed them: by unzipit, which goes by slices of the file. */
import { unzipRaw } from "unzipit";

/** The files by name, those that are not compressed as slices of the archive; null where it is none. */
export async function readZip(file: Blob): Promise<Map<string, Blob> | null> {
  try {
    const { entries } = await unzipRaw(file);
    const files = new Map<string, Blob>();
    for (const entry of entries) if (!entry.isDirectory) files.set(entry.name, await entry.blob());
    return files;
  } catch {
    return null;
  }
}
