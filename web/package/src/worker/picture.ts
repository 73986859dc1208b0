/**
 * From a file or a frame of the camera to pixels. JPEG and PNG are decoded by
 * the learner's own module, as the trainer does it, since browsers round JPEG
 * differently; every other format, and what that decoder does not know, is the
 * browser's business.
 */
import type { Pixels } from "../api.ts";
import { AS_IT_IS } from "../bitmap.ts";
import { Picture } from "../generated/fewshot_wasm.js";
import { type Limit, type PictureSource, WorkerError } from "../protocol.ts";
import { codeOf, detailOf } from "./failure.ts";

/** No picture of 50 million pixels needs more, and the whole file is held in memory. */
const MAX_FILE_BYTES = 200_000_000;

/** Lends a picture, decoded, for as long as `use` takes. */
export async function withPicture<T>(
  source: PictureSource,
  signal: AbortSignal,
  use: (picture: Picture) => T | Promise<T>,
): Promise<T> {
  const picture = await decode(source);
  try {
    signal.throwIfAborted();
    return await use(picture);
  } finally {
    picture.free();
  }
}

async function decode(source: PictureSource): Promise<Picture> {
  if ("data" in source) return fromPixels(source);
  if ("close" in source) return fromBitmap(source);
  if (source.size > MAX_FILE_BYTES)
    throw tooLarge(`${source.size} bytes`, { of: "bytes", most: MAX_FILE_BYTES });
  const head = new Uint8Array(await read(source.slice(0, 12)));
  let why = "it is neither JPEG nor PNG";
  if (isJpeg(head) || isPng(head)) {
    const bytes = new Uint8Array(await read(source));
    try {
      return Picture.decode(bytes);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      if (codeOf(error) === "too-large") throw tooManyPixels(detailOf(error));
      why = detailOf(error);
    }
  }
  // Node has no other decoder.
  if (typeof createImageBitmap !== "function")
    throw new WorkerError({ code: "bad-picture", detail: why });
  return fromBitmap(await decodeByBrowser(source, head));
}

/** A file may have been moved, or its card pulled, since it was chosen. */
async function read(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer();
  } catch (error) {
    throw new WorkerError({ code: "gone", detail: detailOf(error) });
  }
}

async function decodeByBrowser(blob: Blob, head: Uint8Array): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob, AS_IT_IS);
  } catch (error) {
    const code = isHeic(head) ? "heic" : "bad-picture";
    throw new WorkerError({ code, detail: detailOf(error) });
  }
}

function fromBitmap(bitmap: ImageBitmap): Picture {
  try {
    const { width, height } = bitmap;
    if (width * height > Picture.maxPixels()) throw tooManyPixels(`${width} x ${height}`);
    const context = new OffscreenCanvas(width, height).getContext("2d", {
      willReadFrequently: true,
    });
    if (!context) throw new WorkerError({ code: "internal", detail: "no canvas in the worker" });
    context.drawImage(bitmap, 0, 0);
    return fromPixels(context.getImageData(0, 0, width, height));
  } finally {
    bitmap.close();
  }
}

function fromPixels({ width, height, data }: Pixels): Picture {
  return Picture.fromPixels(
    width,
    height,
    new Uint8Array(data.buffer, data.byteOffset, data.length),
  );
}

function tooManyPixels(detail: string): WorkerError {
  return tooLarge(detail, { of: "pixels", most: Picture.maxPixels() });
}

function tooLarge(detail: string, limit: Limit): WorkerError {
  return new WorkerError({ code: "too-large", detail, limit });
}

function isJpeg(head: Uint8Array): boolean {
  return head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
}

function isPng(head: Uint8Array): boolean {
  return head[0] === 0x89 && text(head, 1, 4) === "PNG";
}

function isHeic(head: Uint8Array): boolean {
  return /^ftyp(hei[cxms]|hevc|mif1|msf1)/.test(text(head, 4, 12));
}

function text(head: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...head.subarray(from, to));
}
