/**
 * The answers given so far, so that a question more costs only itself: where each is answered by
 * itself, an answer holds as long as classes, settings and model do.
 */
import type {
  Classification,
  PictureId,
  QueryResult,
  TaskSpec,
} from "../../package/src/protocol.ts";

/** Asked in one call: a newer task waits for no more than these. */
const PORTION = 200;

export class Answered {
  /** What the answers hold for. */
  #taught = "";
  #classIds: string[] = [];
  #results = new Map<PictureId, QueryResult>();
  #milliseconds = 0;
  /** The last task, and what it teaches: asked some times over, and thousands of names take long. */
  #last: { task: TaskSpec; model: string; teaching: string } | null = null;

  /** Tells apart what answers hold for; empty where there are none. */
  get taught(): string {
    return this.#taught;
  }

  forget(): void {
    this.#taught = "";
    this.#results.clear();
  }

  /** Whether only questions can be new in a task. */
  holdFor(task: TaskSpec, model: string): boolean {
    return this.#taught === this.#teaching(task, model);
  }

  /** The questions to ask next with this model; none where all are answered. */
  open(task: TaskSpec, model: string): PictureId[] {
    const open = this.holdFor(task, model)
      ? task.queries.filter((query) => !this.#results.has(query))
      : task.queries;
    return task.context === "inductive" ? open.slice(0, PORTION) : open;
  }

  /** Takes the answers to some of the task's questions. */
  add(task: TaskSpec, model: string, { classIds, queries, milliseconds }: Classification): void {
    if (!this.holdFor(task, model)) {
      this.#taught = this.#teaching(task, model);
      this.#results = new Map();
      this.#milliseconds = 0;
    }
    this.#classIds = classIds;
    for (const result of queries) this.#results.set(result.picture, result);
    this.#milliseconds += milliseconds;
  }

  /** All that is known of the task; null where nothing holds for it. */
  classification(task: TaskSpec, model: string): Classification | null {
    if (!this.holdFor(task, model)) return null;
    const queries = task.queries.flatMap((query) => this.#results.get(query) ?? []);
    return { classIds: this.#classIds, queries, milliseconds: this.#milliseconds };
  }

  #teaching(task: TaskSpec, model: string): string {
    if (this.#last?.task !== task || this.#last.model !== model)
      this.#last = { task, model, teaching: teaching(task, model) };
    return this.#last.teaching;
  }
}

/** What an answer depends on: all other questions too where they are looked at together. */
function teaching(task: TaskSpec, model: string): string {
  const queries = task.context === "inductive" ? [] : task.queries;
  return JSON.stringify([model, { ...task, queries }]);
}
