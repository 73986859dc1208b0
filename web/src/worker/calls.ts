/**
 * What the page's workers can beside what the package's can: how a picture looks, drawing,
 * explaining and evaluating. Long work goes on in slices, so that a picture can be classified, or
 * the work cancelled, while it runs.
 */
import type { Picture } from "../../package/src/generated/fewshot_wasm.js";
import { encoded, encoder } from "../../package/src/worker/encoding.ts";
import { session } from "../../package/src/worker/learning.ts";
import { withPicture } from "../../package/src/worker/picture.ts";
import type { Handlers } from "../../package/src/worker/serve.ts";
import { slice, tick } from "./tick.ts";

/** Sharp on the largest card, on a screen of twice the pixels. */
const THUMBNAIL_SIDE = 256;
/** Long enough to get on, short enough that no one waits for the next message. */
const SLICE_MS = 24;

export const pageCalls: Handlers<
  "encode" | "view" | "nextToLabel" | "project" | "occlude" | "evaluate"
> = {
  async encode({ blob, thumbnail }, { signal }) {
    return await withPicture(blob, signal, async (picture) => {
      const value = await encoded(picture);
      value.thumbnail = thumbnail ? await thumbnailOf(picture) : null;
      return { value, transfer: [value.feature.buffer] };
    });
  },

  async view({ blob }, { signal }) {
    return await withPicture(blob, signal, async (picture) => {
      const model = await encoder();
      return { value: await toBlob(model.view(picture), model.viewSide(), "image/png") };
    });
  },

  async nextToLabel({ task, count }, { signal }) {
    await tick();
    signal.throwIfAborted();
    return { value: session().nextToLabel(task, count) };
  },

  async project({ task, method, steps }, { signal, progress }) {
    const projection = session().project(task, method);
    try {
      progress({ points: projection.points() });
      const total = method === "pca" ? 0 : steps;
      for (let step = 0; ; ) {
        const coordinates = projection.coordinates();
        progress({ coordinates, step, steps: total }, [coordinates.buffer]);
        if (step >= total) return { value: null };
        slice(SLICE_MS, () => {
          projection.step(1);
          return ++step >= total;
        });
        await tick();
        signal.throwIfAborted();
      }
    } finally {
      projection.free();
    }
  },

  async occlude({ task, blob, classId }, { signal }) {
    return await withPicture(blob, signal, (decoded) => ({
      value: session().occlude(task, classId, decoded),
    }));
  },

  async evaluate(spec, { signal, progress }) {
    const evaluation = session().evaluate(spec);
    try {
      for (let done = 0; done < spec.episodes; ) {
        slice(SLICE_MS, () => {
          done = evaluation.step(1);
          return done >= spec.episodes;
        });
        progress({ done, total: spec.episodes });
        await tick();
        signal.throwIfAborted();
      }
      return { value: evaluation.result() };
    } finally {
      evaluation.free();
    }
  },
};

function thumbnailOf(picture: Picture): Promise<Blob> {
  return toBlob(picture.thumbnail(THUMBNAIL_SIDE), THUMBNAIL_SIDE, "image/jpeg");
}

async function toBlob(rgba: Uint8Array, side: number, type: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(side, side);
  const pixels = new Uint8ClampedArray(rgba.buffer as ArrayBuffer, rgba.byteOffset, rgba.length);
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, side, side), 0, 0);
  return await canvas.convertToBlob({ type });
}
