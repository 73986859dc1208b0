/** Calls whose answer is worthless once the next of their kind has come. */
import type { CallName } from "../../package/src/protocol.ts";
import type { Handler } from "../../package/src/worker/serve.ts";
import { tick } from "./tick.ts";

/** Drops a call for a newer one, also for one that waits already when its turn comes. */
export function latest<C extends CallName>(handler: Handler<C>): Handler<C> {
  let last: AbortController | null = null;
  return async (args, context) => {
    last?.abort();
    const own = new AbortController();
    last = own;
    context.signal.addEventListener("abort", () => own.abort(), { once: true });
    await tick();
    own.signal.throwIfAborted();
    return await handler(args, { ...context, signal: own.signal });
  };
}
