/** The package in Node: the same, with files by their paths and a thread as the worker. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type * as api from "./api.ts";
import type { WorkerLike } from "./channel.ts";
import { download } from "./download.ts";
import type { Fetch } from "./images.ts";
import { type Host, Learner } from "./learner.ts";
import { moduleKind, moduleUrl } from "./module.ts";
import { WorkerError } from "./protocol.ts";

export type * from "./api.ts";

/** A thread that looks like a worker of a browser. */
function startWorker(): WorkerLike {
  const thread = new Worker(new URL("./node-worker.js", import.meta.url));
  const worker: WorkerLike = {
    onmessage: null,
    onmessageerror: null,
    onerror: null,
    postMessage: (message, transfer) => thread.postMessage(message, transfer as []),
    terminate: () => void thread.terminate(),
  };
  thread.on("message", (data) => worker.onmessage?.({ data } as MessageEvent));
  thread.on("error", ({ message }) => worker.onerror?.({ message } as ErrorEvent));
  return worker;
}

/** A path, or an address of any kind. */
const read: Fetch = async (address, { signal, onProgress } = {}) => {
  if (/^(https?|data|blob):/.test(address)) return download(address, undefined, signal, onProgress);
  try {
    const path = address.startsWith("file:") ? fileURLToPath(address) : address;
    return new Blob([await readFile(path)]);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new WorkerError({ code: "gone", detail });
  }
};

const host: Host = {
  startWorker,
  compile: async () => WebAssembly.compile(await readFile(moduleUrl(moduleKind()))),
  fetch: read,
  formats: "a JPEG, a PNG or pixels as { width, height, data }",
};

export const Fewshot: api.Fewshot = {
  load: (model, options) => Learner.load(host, model, options),
};
