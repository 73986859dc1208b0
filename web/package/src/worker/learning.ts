/** Calls of a worker that learns: a model, the features of pictures, and answers from them. */
import init, { Session } from "../generated/fewshot_wasm.js";
import type { Handlers } from "./serve.ts";

let started: Session | null = null;

/** Whoever starts a worker says so before anything else. */
export function session(): Session {
  if (!started) throw new Error("the worker has not been started");
  return started;
}

export const learning: Handlers<
  "start" | "load" | "put" | "forget" | "classify" | "exportClassifier"
> = {
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

  async classify(task) {
    const start = performance.now();
    const result = session().classify(task);
    return { value: { ...result, milliseconds: performance.now() - start } };
  },

  async exportClassifier({ task, names }) {
    const { buffer } = session().exportClassifier(task, names);
    return { value: buffer as ArrayBuffer, transfer: [buffer] };
  },
};
