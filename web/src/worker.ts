/**
 * A worker: an instance of the learner's module, which either keeps the session
 * or encodes pictures. Here messages become calls of `worker/calls.ts` and their
 * outcomes messages again; a newer question cancels an older one of the same kind.
 */
import {
  type CallName,
  type FromWorker,
  isToWorker,
  type Request,
  type ToWorker,
} from "./protocol.ts";
import { type Answer, type Context, handlers } from "./worker/calls.ts";
import { failureOf } from "./worker/failure.ts";

declare const self: DedicatedWorkerGlobalScope;

/** Calls whose answer is worthless once the next of their kind has come. */
const SUPERSEDED: ReadonlySet<CallName> = new Set(["load", "classify", "project"]);

const running = new Map<number, { call: CallName; controller: AbortController }>();

self.onmessage = (event: MessageEvent<unknown>) => {
  if (!isToWorker(event.data)) return;
  if (isCancel(event.data)) running.get(event.data.id)?.controller.abort();
  else void serve(event.data);
};

function isCancel(message: ToWorker): message is Exclude<ToWorker, Request> {
  return message.call === "cancel";
}

async function serve(request: Request): Promise<void> {
  const { id, call } = request;
  if (SUPERSEDED.has(call)) {
    for (const older of running.values()) if (older.call === call) older.controller.abort();
  }
  const controller = new AbortController();
  running.set(id, { call, controller });
  try {
    const { value, transfer } = await dispatch(request, {
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
function dispatch(request: Request, context: Context<CallName>): Promise<Answer<CallName>> {
  const handler = handlers[request.call] as (
    args: Request["args"],
    context: Context<CallName>,
  ) => Promise<Answer<CallName>>;
  return handler(request.args, context);
}

function post(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}
