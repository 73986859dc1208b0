/** One worker: a promise for each call, cancellation by AbortSignal, and what is lost in a crash. */
import {
  type CallName,
  type Calls,
  type Failure,
  type FromWorker,
  isFromWorker,
  type ToWorker,
  WorkerError,
} from "./protocol.ts";

/** What is used of a `Worker`. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  progress: ((value: unknown) => void) | undefined;
}

export interface CallOptions<C extends CallName> {
  signal?: AbortSignal;
  onProgress?: (value: Calls[C]["progress"]) => void;
  transfer?: Transferable[];
}

export class Channel {
  readonly #worker: WorkerLike;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isOpen = true;
  /** Called once, when the worker ends unasked; its calls are rejected by then. */
  onCrash: (detail: string) => void = () => {};

  constructor(worker: WorkerLike) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<unknown>) => {
      if (isFromWorker(event.data)) this.#receive(event.data);
    };
    worker.onerror = (event) => this.#crash(event.message || "the worker stopped");
    worker.onmessageerror = () => this.#crash("a message could not be read");
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
      if (!this.#isOpen) return reject(new WorkerError({ code: "crashed", detail: "closed" }));
      this.#pending.set(id, {
        resolve: (value) => resolve(value as Calls[C]["result"]),
        reject,
        progress: onProgress as ((value: unknown) => void) | undefined,
      });
      signal?.addEventListener("abort", () => this.#cancel(id), { once: true });
      this.#worker.postMessage({ id, call, args } as ToWorker, transfer);
    });
  }

  /** Ends the worker; calls that still wait are rejected. */
  close(failure: Failure): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#worker.terminate();
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of lost) pending.reject(new WorkerError(failure));
  }

  #cancel(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    this.#worker.postMessage({ id, call: "cancel" } satisfies ToWorker, []);
    pending.reject(cancelled());
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
      // A trap leaves WebAssembly memory in an unknown state.
      if (message.failure.code === "crashed") this.#crash(message.failure.detail);
    }
  }

  #crash(detail: string): void {
    if (!this.#isOpen) return;
    this.close({ code: "crashed", detail });
    this.onCrash(detail);
  }
}

export function cancelled(): WorkerError {
  return new WorkerError({ code: "cancelled", detail: "cancelled" });
}
