/** From what a page or a program calls a picture to what a worker can take. */
import type { Image, Options, Source } from "./api.ts";
import { AS_IT_IS } from "./bitmap.ts";
import { refuse } from "./failures.ts";
import type { PictureSource } from "./protocol.ts";

/** Fetches a file, or reads it where the host has files. */
export type Fetch = (
  address: string,
  options?: Pick<Options, "signal" | "onProgress">,
) => Promise<Blob>;

/** A file, wherever it is. */
export async function fileOf(source: Source, fetch: Fetch): Promise<Blob> {
  if (source instanceof Blob) return source;
  if (typeof source === "string" || source instanceof URL) return fetch(String(source));
  return new Blob([source]);
}

export async function pictureOf(image: Image, fetch: Fetch): Promise<PictureSource> {
  if (typeof image === "object" && !isFile(image)) {
    if ("data" in image) return image;
    // What a page shows may still be on its way.
    if ("decode" in image) await image.decode();
    if (typeof createImageBitmap === "function") return createImageBitmap(image, AS_IT_IS);
    throw refuse("bad-picture", `${nameOf(image)} needs a browser: give a file or pixels`);
  }
  return fileOf(image, fetch);
}

function isFile(image: object): image is Exclude<Source, string> {
  const kinds = [Blob, URL, ArrayBuffer];
  return ArrayBuffer.isView(image) || kinds.some((kind) => image instanceof kind);
}

/** What errors call it, as far as it says. */
export function nameOf(image: Image, otherwise = "the picture"): string {
  if (typeof image === "string") return quoted(image);
  if (image instanceof URL) return quoted(image.href);
  if ("currentSrc" in image && image.currentSrc) return quoted(image.currentSrc);
  if ("name" in image && typeof image.name === "string") return quoted(image.name);
  return otherwise;
}

function quoted(name: string): string {
  // An address may hold a whole picture.
  return `“${name.length > 200 ? `${name.slice(0, 200)}…` : name}”`;
}
