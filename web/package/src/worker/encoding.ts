/** Calls of a worker that encodes: pictures to features. */
import { Encoder, type Picture } from "../generated/fewshot_wasm.js";
import type { Encoded } from "../protocol.ts";
import { withPicture } from "./picture.ts";
import type { Handlers } from "./serve.ts";

/** Settles before any call that came after it, so that no picture meets the model before. */
let equipped: Promise<Encoder> = Promise.reject(new Error("there is no model to encode with"));
equipped.catch(() => {});

export function encoder(): Promise<Encoder> {
  return equipped;
}

/** The feature of a picture, without a small copy. */
export async function encoded(picture: Picture): Promise<Encoded> {
  const encoder = await equipped;
  const { width, height, isTorn: torn } = picture;
  const start = performance.now();
  const feature = encoder.encode(picture) as Float32Array<ArrayBuffer>;
  const milliseconds = performance.now() - start;
  return { feature, thumbnail: null, width, height, torn, milliseconds };
}

export const encoding: Handlers<"equip" | "encode"> = {
  async equip({ file }) {
    const before = equipped;
    equipped = read(file);
    // No call holds on to it while it waits.
    before.then((encoder) => encoder.free()).catch(() => {});
    await equipped;
    return { value: null };
  },

  async encode({ blob }, { signal }) {
    return await withPicture(blob, signal, async (picture) => {
      const value = await encoded(picture);
      return { value, transfer: [value.feature.buffer] };
    });
  },
};

async function read(file: Blob): Promise<Encoder> {
  return new Encoder(new Uint8Array(await file.arrayBuffer()));
}
