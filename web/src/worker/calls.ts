/**
 * What each call of the protocol does. Long work goes on in slices, so that a
 * picture can be classified, or the work cancelled, while it runs.
 */
import init, { type Picture, Session } from "../generated/fewshot_wasm.js";
import moduleUrl from "../generated/fewshot_wasm_bg.wasm?url";
import type { CallName, Calls, PictureSource } from "../protocol.ts";
import { download } from "./download.ts";
import { decode } from "./picture.ts";
import { slice, tick } from "./tick.ts";

export interface Context<C extends CallName> {
  readonly signal: AbortSignal;
  progress(value: Calls[C]["progress"], transfer?: Transferable[]): void;
}

export interface Answer<C extends CallName> {
  value: Calls[C]["result"];
  transfer?: Transferable[];
}

type Handlers = {
  readonly [C in CallName]: (args: Calls[C]["args"], context: Context<C>) => Promise<Answer<C>>;
};

/** Sharp on the largest card, on a screen of twice the pixels. */
const THUMBNAIL_SIDE = 256;
/** Long enough to get on, short enough that no one waits for the next message. */
const SLICE_MS = 24;

const session: Promise<Session> = init({ module_or_path: moduleUrl }).then(() => new Session());
// Every call awaits it and reports its failure; here it must not count as unhandled.
session.catch(() => {});

export const handlers: Handlers = {
  async load(source, { signal, progress }) {
    const bytes =
      "url" in source
        ? await download(source.url, source.sizeBytes, signal, progress)
        : new Uint8Array(source.bytes);
    const learner = await session;
    signal.throwIfAborted();
    return { value: learner.load(bytes) };
  },

  async embed({ picture, blob, thumbnail }, { signal }) {
    const learner = await session;
    const side = learner.viewSide();
    return await withPicture(blob, signal, async (decoded) => {
      const { width, height } = decoded;
      const view = await toBlob(learner.embed(picture, decoded), side, "image/png");
      const small = thumbnail
        ? await toBlob(decoded.thumbnail(THUMBNAIL_SIDE), THUMBNAIL_SIDE, "image/jpeg")
        : null;
      return { value: { picture, view, thumbnail: small, width, height } };
    });
  },

  async forget({ pictures }) {
    (await session).forget(pictures);
    return { value: null };
  },

  async classify(task, { signal }) {
    const learner = await session;
    // Newer questions that wait already make this one void.
    await tick();
    signal.throwIfAborted();
    const start = performance.now();
    const result = learner.classify(task);
    return { value: { ...result, milliseconds: performance.now() - start } };
  },

  async project({ task, method, steps }, { signal, progress }) {
    const learner = await session;
    await tick();
    signal.throwIfAborted();
    const projection = learner.project(task, method);
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
    const learner = await session;
    return await withPicture(blob, signal, (decoded) => ({
      value: learner.occlude(task, classId, decoded),
    }));
  },

  async evaluate(spec, { signal, progress }) {
    const evaluation = (await session).evaluate(spec);
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

  async exportClassifier(task) {
    const { buffer } = (await session).exportClassifier(task);
    return { value: buffer as ArrayBuffer, transfer: [buffer] };
  },
};

async function withPicture<T>(
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

async function toBlob(rgba: Uint8Array, side: number, type: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(side, side);
  const pixels = new Uint8ClampedArray(rgba.buffer as ArrayBuffer, rgba.byteOffset, rgba.length);
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, side, side), 0, 0);
  return await canvas.convertToBlob({ type });
}
