/**
 * Keeps the answers up to date: when classes, settings or model change, every question is asked
 * again, and otherwise only the new ones; while one call is under way, only the newest task waits.
 */

import type { Classification, PictureId, TaskSpec } from "../../package/src/protocol.ts";
import type { Client } from "../client.ts";
import { Answered } from "../state/answered.ts";
import { isReady, type Store } from "../state/store.ts";
import { taskOf, threshold } from "../state/task.ts";
import { verdict } from "../state/verdict.ts";
import { formatPercent, t } from "../strings/index.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";
import type { Library } from "./library.ts";

/**
 * Between answers while many pictures arrive, so that these come first; the first is at once. Where
 * all is answered anew, the longer that takes, the longer the pause: a fixed share of the time.
 */
const PAUSE_WHILE_EMBEDDING_MS = 300;
const PAUSE_FOR_EACH_MS = 10;
const ANNOUNCE_AFTER_MS = 700;

export class Classifier {
  readonly #store: Store;
  readonly #client: Client;
  readonly #library: Library;
  readonly #answered = new Answered();
  #took = 0;
  /** What the answers that are shown were taught. */
  #shown = "";
  /** A task that could not be answered, which is not tried again as it is. */
  #failed = "";
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
    this.#answered.forget();
    this.#failed = "";
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
        this.reset();
        this.#store.changed();
      }
      return;
    }
    if (this.#running || this.#timer) return;
    if (this.#open(task).length === 0) {
      // A question that went, or one that came back with the answer it had.
      this.#show(task);
      return;
    }
    const waits = this.#library.backlog > 0 && this.#store.classification !== null;
    const isTaught = this.#answered.holdFor(task, this.#model);
    const seldom = isTaught ? 0 : PAUSE_FOR_EACH_MS * this.#took;
    const pause = Math.max(PAUSE_WHILE_EMBEDDING_MS, seldom);
    this.#timer = setTimeout(
      () => {
        this.#timer = 0;
        void this.#run();
      },
      waits ? pause : 0,
    );
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const start = performance.now();
    let task = this.#task();
    try {
      for (; task; task = this.#task()) {
        const queries = this.#open(task);
        if (queries.length === 0) break;
        const model = this.#model;
        const asked = { ...task, queries };
        this.#answered.add(asked, model, await this.#client.call("classify", asked));
        this.#show(this.#task());
      }
      this.#announceLater();
    } catch (error) {
      if (isCrash(error) || isCancelled(error)) this.#answered.forget();
      else {
        this.#failed = JSON.stringify(task);
        this.#store.notify({ kind: "error", text: sentence(error, t.queries) });
      }
    } finally {
      this.#took = performance.now() - start;
      this.#running = false;
      this.#store.changed();
    }
  }

  /** The questions of a task that have no answer yet. */
  #open(task: TaskSpec): PictureId[] {
    if (this.#failed !== "" && JSON.stringify(task) === this.#failed) return [];
    return this.#answered.open(task, this.#model);
  }

  get #model(): string {
    return this.#store.info?.fingerprint ?? "";
  }

  /** Shows what is known of a task, where that is not shown yet. */
  #show(task: TaskSpec | null): void {
    const known = task && this.#answered.classification(task, this.#model);
    if (!known) return;
    const { classification } = this.#store;
    const { taught } = this.#answered;
    const isSame = this.#shown === taught;
    if (isSame && classification && alike(known, classification)) return;
    // Answers by other examples stand until all are given anew: half and half compares nothing.
    const isWhole = known.queries.length === task.queries.length;
    if (!isWhole && !isSame && classification) return;
    this.#shown = taught;
    this.#store.classification = known;
    this.#store.changed();
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

function alike(one: Classification, other: Classification): boolean {
  const { queries } = other;
  return (
    one.queries.length === queries.length && one.queries.every((answer, i) => answer === queries[i])
  );
}
