/** The package in a browser. */
import type * as api from "./api.ts";
import { download } from "./download.ts";
import { type Host, Learner } from "./learner.ts";
import { fetchModule, moduleKind } from "./module.ts";

export type * from "./api.ts";

/** Bundlers know it by this form, options and all. */
function startWorker(): Worker {
  if (import.meta.url.startsWith(location.origin))
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "fewshot" });
  // A browser starts no worker of another site, but lets one of this site import from there.
  const url = import.meta.url.replace(/[^/]*$/, "worker.js");
  const script = new Blob([`import ${JSON.stringify(url)}`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(script), { type: "module", name: "fewshot" });
}

const host: Host = {
  startWorker,
  compile: () => fetchModule(moduleKind()),
  fetch: (address, { signal, onProgress } = {}) => download(address, undefined, signal, onProgress),
  formats: "a JPEG, a PNG or another file that this browser shows",
};

export const Fewshot: api.Fewshot = {
  load: (model, options) => Learner.load(host, model, options),
};
