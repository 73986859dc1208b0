/** Calls of the workers that encode: pictures to features, and how a picture looks to the model. */
import { Encoder, type Picture } from "../generated/fewshot_wasm.js";
import type { Handler } from "./calls.ts";
import { withPicture } from "./picture.ts";

/** Sharp on the largest card, on a screen of twice the pixels. */
const THUMBNAIL_SIDE = 256;

/** Settles before any call that came after it, so that no picture meets the model before. */
let equipped: Promise<Encoder> = Promise.reject(new Error("there is no model to encode with"));
equipped.catch(() => {});

export const encoding: {
  readonly equip: Handler<"equip">;
  readonly encode: Handler<"encode">;
  readonly view: Handler<"view">;
} = {
  async equip({ file }) {
    const before = equipped;
    equipped = read(file);
    // No call holds on to it while it waits.
    before.then((encoder) => encoder.free()).catch(() => {});
    await equipped;
    return { value: null };
  },

  async encode({ blob, thumbnail }, { signal }) {
    return await withPicture(blob, signal, async (picture) => {
      const encoder = await equipped;
      const { width, height, isTorn: torn } = picture;
      const start = performance.now();
      const feature = encoder.encode(picture) as Float32Array<ArrayBuffer>;
      const milliseconds = performance.now() - start;
      const small = thumbnail ? await thumbnailOf(picture) : null;
      const value = { feature, thumbnail: small, width, height, torn, milliseconds };
      return { value, transfer: [feature.buffer] };
    });
  },

  async view({ blob }, { signal }) {
    return await withPicture(blob, signal, async (picture) => {
      const encoder = await equipped;
      const value = await toBlob(encoder.view(picture), encoder.viewSide(), "image/png");
      return { value };
    });
  },
};

async function read(file: Blob): Promise<Encoder> {
  return new Encoder(new Uint8Array(await file.arrayBuffer()));
}

function thumbnailOf(picture: Picture): Promise<Blob> {
  return toBlob(picture.thumbnail(THUMBNAIL_SIDE), THUMBNAIL_SIDE, "image/jpeg");
}

async function toBlob(rgba: Uint8Array, side: number, type: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(side, side);
  const pixels = new Uint8ClampedArray(rgba.buffer as ArrayBuffer, rgba.byteOffset, rgba.length);
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, side, side), 0, 0);
  return await canvas.convertToBlob({ type });
}
