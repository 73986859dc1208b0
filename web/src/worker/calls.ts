/**
 * What each call of the protocol does. Long work goes on in slices, so that a
 * picture can be classified, or the work cancelled, while it runs.
 */
import init, { Session } from "../generated/fewshot_wasm.js";
import type { CallName, Calls } from "../protocol.ts";
import { encoding } from "./encoding.ts";
import { withPicture } from "./picture.ts";
import { slice, tick } from "./tick.ts";

export interface Context<C extends CallName> {
  readonly signal: AbortSignal;
  progress(value: Calls[C]["progress"], transfer?: Transferable[]): void;
}

export interface Answer<C extends CallName> {
  value: Calls[C]["result"];
  transfer?: Transferable[];
}

export type Handler<C extends CallName> = (
  args: Calls[C]["args"],
  context: Context<C>,
) => Promise<Answer<C>>;

type Handlers = { readonly [C in CallName]: Handler<C> };

/** Long enough to get on, short enough that no one waits for the next message. */
const SLICE_MS = 24;

let started: Session | null = null;

/** The page starts a worker before it calls anything else. */
function session(): Session {
  if (!started) throw new Error("the worker has not been started");
  return started;
}

export const handlers: Handlers = {
  async start({ module }) {
    await init({ module_or_path: module });
    started = new Session();
    return { value: null };
  },

  async load({ file }, { signal }) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    signal.throwIfAborted();
    return { value: session().load(bytes) };
  },

  async put({ picture, feature }) {
    session().put(picture, feature);
    return { value: null };
  },

  async forget({ pictures }) {
    session().forget(pictures);
    return { value: null };
  },

  async classify(task, { signal }) {
    // Newer questions that wait already make this one void.
    await tick();
    signal.throwIfAborted();
    const start = performance.now();
    const result = session().classify(task);
    return { value: { ...result, milliseconds: performance.now() - start } };
  },

  async project({ task, method, steps }, { signal, progress }) {
    await tick();
    signal.throwIfAborted();
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

  async exportClassifier({ task, names }) {
    const { buffer } = session().exportClassifier(task, names);
    return { value: buffer as ArrayBuffer, transfer: [buffer] };
  },

  ...encoding,
};
