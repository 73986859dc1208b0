/**
 * A worker: an instance of the learner's module. Here messages become calls and their outcomes
 * messages again. A call is begun when its message comes, so what it does before it first waits is
 * done in the order of asking.
 */
import {
  type CallName,
  type Calls,
  type FromWorker,
  isToWorker,
  type Request,
} from "../protocol.ts";
import { failureOf } from "./failure.ts";

declare const self: DedicatedWorkerGlobalScope;

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

/** What each call does, of those that a worker knows. */
export type Handlers<C extends CallName = CallName> = { readonly [Each in C]: Handler<Each> };

const running = new Map<number, AbortController>();

/** Answers what comes from now on. */
export function serve(handlers: Partial<Handlers>): void {
  self.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isToWorker(data)) return;
    if (data.call === "cancel") running.get(data.id)?.abort();
    else void answer(data, handlers);
  };
}

async function answer(request: Request, handlers: Partial<Handlers>): Promise<void> {
  const { id, call } = request;
  const controller = new AbortController();
  running.set(id, controller);
  try {
    // The request's name and arguments belong together, which TypeScript cannot follow through a table.
    const handler = handlers[call] as unknown as Handler<CallName>;
    const { value, transfer } = await handler(request.args, {
      signal: controller.signal,
      progress: (value, transfer) => post({ id, type: "progress", value }, transfer),
    });
    post({ id, type: "done", value }, transfer);
  } catch (error) {
    post({ id, type: "failed", failure: failureOf(error) });
  } finally {
    running.delete(id);
  }
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
