/** From what a page or a program calls a picture to what a worker can take. */
import type { Image, Options, Source } from "./api.ts";
import { AS_IT_IS } from "./bitmap.ts";
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
  if (isSource(image)) return fileOf(image, fetch);
  if ("data" in image) return image;
  // What a page shows may still be on its way.
  if ("decode" in image) await image.decode();
  return createImageBitmap(image, AS_IT_IS);
}

function isSource(image: Image): image is Source {
  return (
    typeof image === "string" ||
    ArrayBuffer.isView(image) ||
    [Blob, URL, ArrayBuffer].some((kind) => image instanceof kind)
  );
}

/** What people call it, where it says; an address may hold a whole picture, which is no name. */
export function nameOf(image: Image): string {
  const { href, currentSrc, name }: Named = Object(image);
  const called = typeof image === "string" ? image : href || currentSrc || name || "";
  return called.startsWith("data:") ? "" : called;
}

/** An address, an element or a file. */
interface Named {
  href?: string;
  currentSrc?: string;
  name?: string;
}

/** What errors call it. */
export function quoted(image: Image, otherwise = "the picture"): string {
  const name = nameOf(image);
  return name ? `“${name}”` : otherwise;
}
