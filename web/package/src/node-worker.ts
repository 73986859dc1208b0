/** A thread of Node in which `worker.ts` finds what it has in a browser. */
import { parentPort } from "node:worker_threads";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
Object.assign(scope, {
  self: scope,
  postMessage: (message: unknown, transfer: []) => parentPort?.postMessage(message, transfer),
});
await import("./worker.ts");
// Only now: what came before waits until someone listens.
parentPort?.on("message", (data) => scope.onmessage?.call(scope, { data } as MessageEvent));
