/**
 * Keeps the answers up to date: whenever the task differs from the one
 * answered last, it is asked again; while one answer is under way, only the
 * newest task waits.
 */
import type { Client } from "../client.ts";
import type { TaskSpec } from "../protocol.ts";
import { isReady, type Store } from "../state/store.ts";
import { taskOf, threshold } from "../state/task.ts";
import { verdict } from "../state/verdict.ts";
import { formatPercent, t } from "../strings/index.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";
import type { Library } from "./library.ts";

/**
 * Between answers while many pictures arrive, so that these come first; the first is at once. The
 * longer an answer takes, the longer the pause: answers take a fixed share of the time at most.
 */
const PAUSE_WHILE_EMBEDDING_MS = 300;
const PAUSE_FOR_EACH_MS = 10;
const ANNOUNCE_AFTER_MS = 700;

export class Classifier {
  readonly #store: Store;
  readonly #client: Client;
  readonly #library: Library;
  #took = 0;
  #answered = "";
  #running = false;
  #timer = 0;
  #announceTimer = 0;

  constructor(store: Store, client: Client, library: Library) {
    this.#store = store;
    this.#client = client;
    this.#library = library;
    store.subscribe(() => this.#consider());
  }

  /** Asks again even if nothing changed: the worker has forgotten everything. */
  reset(): void {
    this.#answered = "";
  }

  #task(): TaskSpec | null {
    const { info, session } = this.#store;
    if (!info) return null;
    const task = taskOf(session, info, isReady(this.#store));
    return task.classes.length >= 2 && task.queries.length > 0 ? task : null;
  }

  #consider(): void {
    const task = this.#task();
    if (!task) {
      if (this.#store.info && this.#store.classification) {
        this.#store.classification = null;
        this.#answered = "";
        this.#store.changed();
      }
      return;
    }
    if (this.#running || this.#timer || JSON.stringify(task) === this.#answered) return;
    const waits = this.#library.backlog > 0 && this.#store.classification !== null;
    const pause = Math.max(PAUSE_WHILE_EMBEDDING_MS, PAUSE_FOR_EACH_MS * this.#took);
    this.#timer = setTimeout(
      () => {
        this.#timer = 0;
        void this.#run();
      },
      waits ? pause : 0,
    );
  }

  async #run(): Promise<void> {
    const task = this.#task();
    if (!task || this.#running) return;
    this.#running = true;
    this.#answered = JSON.stringify(task);
    try {
      const start = performance.now();
      this.#store.classification = await this.#client.call("classify", task);
      this.#took = performance.now() - start;
      this.#announceLater();
    } catch (error) {
      if (isCrash(error) || isCancelled(error)) this.#answered = "";
      else this.#store.notify({ kind: "error", text: sentence(error, t.queries) });
    } finally {
      this.#running = false;
      this.#store.changed();
    }
  }

  #announceLater(): void {
    clearTimeout(this.#announceTimer);
    this.#announceTimer = setTimeout(() => this.#announce(), ANNOUNCE_AFTER_MS);
  }

  #announce(): void {
    const { classification, session, info, pictures } = this.#store;
    if (!classification || !info) return;
    const limit = threshold(session, info);
    const answers = classification.queries.map((query) => {
      const { best, rejected, probability } = verdict(
        session,
        classification.classIds,
        query,
        limit,
      );
      const label = rejected ? t.noneOfThese : (best?.entry.name ?? "");
      const name = pictures.get(query.picture)?.name ?? "";
      return t.answered(name, label, formatPercent(probability));
    });
    this.#store.announcement = t.answeredMany(answers.length, `${answers.slice(0, 5).join(". ")}.`);
    this.#store.changed();
  }
}
