/** The package in a browser. */
import type * as api from "./api.ts";
import { download } from "./download.ts";
import { type Host, Learner } from "./learner.ts";
import { fetchModule, moduleKind } from "./module.ts";

export type * from "./api.ts";

const host: Host = {
  startWorker: () =>
    new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "fewshot" }),
  compile: () => fetchModule(moduleKind()),
  fetch: (address, { signal, onProgress } = {}) => download(address, undefined, signal, onProgress),
  formats: "a JPEG, a PNG or another file that this browser shows",
};

export const Fewshot: api.Fewshot = {
  load: (model, options) => Learner.load(host, model, options),
};
