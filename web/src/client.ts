/**
 * The page's end of the worker: a promise for each call, at most a few
 * embeddings in flight so that memory stays bounded, cancellation by
 * AbortSignal, and a fresh worker after a crash. It knows nothing of sessions:
 * whoever owns the state loads the model again when `onRestart` says so.
 */
import {
  type CallName,
  type Calls,
  type Failure,
  type FromWorker,
  isFromWorker,
  type ToWorker,
  WorkerError,
} from "./protocol.ts";

/** Enough to decode one picture while another is embedded. */
const EMBEDDINGS_IN_FLIGHT = 3;
/** A worker that dies more often than this is not started again. */
const MAX_RESTARTS = 5;

interface Pending {
  message: ToWorker;
  call: CallName;
  transfer: Transferable[];
  sent: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
  progress: ((value: unknown) => void) | undefined;
}

export interface CallOptions<C extends CallName> {
  signal?: AbortSignal;
  onProgress?: (value: Calls[C]["progress"]) => void;
  transfer?: Transferable[];
}

export class Client {
  #worker: Worker;
  #nextId = 1;
  #pending = new Map<number, Pending>();
  #restarts = 0;
  /** Called after a crash, with an empty worker ready for calls. */
  onRestart: () => void = () => {};

  constructor() {
    this.#worker = this.#start();
  }

  call<C extends CallName>(
    call: C,
    args: Calls[C]["args"],
    options: CallOptions<C> = {},
  ): Promise<Calls[C]["result"]> {
    const id = this.#nextId++;
    const { signal, onProgress, transfer = [] } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const pending: Pending = {
        message: { id, call, args } as ToWorker,
        call,
        transfer,
        sent: false,
        resolve: (value) => resolve(value as Calls[C]["result"]),
        reject,
        progress: onProgress as ((value: unknown) => void) | undefined,
      };
      this.#pending.set(id, pending);
      signal?.addEventListener("abort", () => this.#cancel(id), { once: true });
      this.#pump();
    });
  }

  /** How many embeddings wait or run. */
  get backlog(): number {
    let count = 0;
    for (const pending of this.#pending.values()) if (pending.call === "embed") count++;
    return count;
  }

  #pump(): void {
    let embedding = 0;
    for (const p of this.#pending.values()) if (p.sent && p.call === "embed") embedding++;
    for (const p of this.#pending.values()) {
      if (p.sent) continue;
      if (p.call === "embed" && embedding++ >= EMBEDDINGS_IN_FLIGHT) continue;
      p.sent = true;
      this.#worker.postMessage(p.message, p.transfer);
    }
  }

  #cancel(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    if (pending.sent) this.#worker.postMessage({ id, call: "cancel" } satisfies ToWorker);
    pending.reject(cancelled());
    this.#pump();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<unknown>) => {
      if (isFromWorker(event.data)) this.#receive(event.data);
    };
    worker.onerror = (event) => this.#crash(event.message || "the worker stopped");
    worker.onmessageerror = () => this.#crash("a message could not be read");
    return worker;
  }

  #receive(message: FromWorker): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.type === "progress") {
      pending.progress?.(message.value);
      return;
    }
    this.#pending.delete(message.id);
    if (message.type === "done") pending.resolve(message.value);
    else {
      pending.reject(new WorkerError(message.failure));
      // A trap leaves WebAssembly memory in an unknown state: start afresh.
      if (message.failure.code === "crashed") this.#crash(message.failure.detail);
    }
    this.#pump();
  }

  #crash(detail: string): void {
    this.#worker.terminate();
    const failure: Failure = { code: "crashed", detail };
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    this.#worker = this.#start();
    for (const pending of lost) pending.reject(new WorkerError(failure));
    if (++this.#restarts <= MAX_RESTARTS) this.onRestart();
  }
}

function cancelled(): WorkerError {
  return new WorkerError({ code: "cancelled", detail: "cancelled" });
}
