/**
 * The questions whose answer would teach the most, ten at a time: asked for while somebody wants to
 * see them first, and again once the last of them has been told.
 */
import type { PictureId } from "../../package/src/protocol.ts";
import type { Client } from "../client.ts";
import { isReady, type Store } from "../state/store.ts";
import { taskOf } from "../state/task.ts";
import { t } from "../strings/index.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";
import type { Library } from "./library.ts";

const AT_ONCE = 10;

export class Suggester {
  readonly #store: Store;
  readonly #client: Client;
  readonly #library: Library;
  #isWanted = false;
  #isRunning = false;
  /** What it could not be told of: the same is not asked again. */
  #failed: unknown = null;

  constructor(store: Store, client: Client, library: Library) {
    this.#store = store;
    this.#client = client;
    this.#library = library;
    store.subscribe(() => this.#consider());
  }

  /** Whether the list shall begin with them. */
  want(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.#store.suggested = [];
    this.#store.changed();
  }

  #consider(): void {
    const { session, classification, suggested } = this.#store;
    if (!this.#isWanted || this.#isRunning || !classification) return;
    // What is still on its way may teach more than anything that is there.
    if (this.#library.backlog > 0 || this.#failed === classification) return;
    const asked = new Set(session.queries.map((query) => query.picture));
    if (asked.size > 0 && !suggested.some((picture) => asked.has(picture))) void this.#ask();
  }

  async #ask(): Promise<void> {
    const { info, session, classification } = this.#store;
    if (!info) return;
    this.#isRunning = true;
    try {
      const task = taskOf(session, info, isReady(this.#store));
      const next = await this.#client.call("nextToLabel", { task, count: AT_ONCE });
      if (this.#isWanted) this.#show(next);
    } catch (error) {
      this.#failed = classification;
      if (!isCrash(error) && !isCancelled(error))
        this.#store.notify({ kind: "error", text: sentence(error, t.queries) });
    } finally {
      this.#isRunning = false;
      this.#store.changed();
    }
  }

  #show(next: readonly PictureId[]): void {
    this.#store.suggested = next;
    // Where none can be told there is nothing to ask for again.
    if (next.length === 0) this.#failed = this.#store.classification;
  }
}
