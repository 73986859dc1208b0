/**
 * A worker: an instance of the learner's module. Here messages become calls and their outcomes
 * messages again; a newer question cancels an older one of the same kind.
 */
import {
  type CallName,
  type Calls,
  type FromWorker,
  isToWorker,
  type Request,
  type ToWorker,
} from "../protocol.ts";
import { failureOf } from "./failure.ts";

declare const self: DedicatedWorkerGlobalScope;

/** Calls whose answer is worthless once the next of their kind has come. */
const SUPERSEDED: ReadonlySet<CallName> = new Set(["load", "classify", "project"]);

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

const running = new Map<number, { call: CallName; controller: AbortController }>();

/** Answers what comes from now on. */
export function serve(handlers: Partial<Handlers>): void {
  self.onmessage = (event: MessageEvent<unknown>) => {
    if (!isToWorker(event.data)) return;
    if (isCancel(event.data)) running.get(event.data.id)?.controller.abort();
    else void answer(event.data, handlers);
  };
}

function isCancel(message: ToWorker): message is Exclude<ToWorker, Request> {
  return message.call === "cancel";
}

async function answer(request: Request, handlers: Partial<Handlers>): Promise<void> {
  const { id, call } = request;
  if (SUPERSEDED.has(call)) {
    for (const older of running.values()) if (older.call === call) older.controller.abort();
  }
  const controller = new AbortController();
  running.set(id, { call, controller });
  try {
    const { value, transfer } = await dispatch(request, handlers, {
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

/** The request's name and arguments belong together, which TypeScript cannot follow through a table. */
function dispatch(
  request: Request,
  handlers: Partial<Handlers>,
  context: Context<CallName>,
): Promise<Answer<CallName>> {
  const handler = handlers[request.call] as (
    args: Request["args"],
    context: Context<CallName>,
  ) => Promise<Answer<CallName>>;
  return handler(request.args, context);
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
