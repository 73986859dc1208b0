/**
 * Keeps the map up to date: PCA at once whenever the task changes, then t-SNE
 * as it settles, until the next change cancels it. While pictures arrive there
 * is only PCA, and the longer that takes, the more seldom: a map takes a fixed
 * share of the time, however many points it has.
 */

import type { ProjectionMethod, ProjectionPoint, TaskSpec } from "../../package/src/protocol.ts";
import type { Client } from "../client.ts";
import { isReady, type Store } from "../state/store.ts";
import { taskOf } from "../state/task.ts";
import type { Library } from "./library.ts";

const TSNE_STEPS = 500;
/** The map waits for the answers, which matter more. */
const PAUSE_MS = 60;
const PAUSE_WHILE_EMBEDDING_MS = 600;
const PAUSE_FOR_EACH_MS = 20;
/** Every step of t-SNE compares every point with every other. */
export const MOST_TSNE_POINTS = 1000;

export class Projector {
  readonly #store: Store;
  readonly #client: Client;
  readonly #library: Library;
  #took = 0;
  #drawn = "";
  #timer = 0;
  #run = new AbortController();

  constructor(store: Store, client: Client, library: Library) {
    this.#store = store;
    this.#client = client;
    this.#library = library;
    store.subscribe(() => this.#consider());
  }

  reset(): void {
    this.#drawn = "";
  }

  /** Only pictures, classes and what moves features: a query's answer does not. */
  #task(): TaskSpec | null {
    const { info, session } = this.#store;
    if (!info) return null;
    const task = taskOf(session, info, isReady(this.#store));
    const pictures = task.classes.reduce((sum, c) => sum + c.examples.length, 0);
    return task.classes.length >= 2 && pictures + task.queries.length >= 3 ? task : null;
  }

  #consider(): void {
    const task = this.#task();
    if (!task) {
      if (this.#store.info && this.#store.projection) {
        this.#run.abort();
        this.#store.projection = null;
        this.#drawn = "";
        this.#store.changed();
      }
      return;
    }
    if (this.#timer || this.#key(task) === this.#drawn) return;
    const seldom = Math.max(PAUSE_WHILE_EMBEDDING_MS, PAUSE_FOR_EACH_MS * this.#took);
    const pause = this.#library.backlog > 0 ? seldom : PAUSE_MS;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      void this.#start();
    }, pause);
  }

  /** A map without t-SNE is not the last one. */
  #key(task: TaskSpec): string {
    return JSON.stringify([task, this.#method(task)]);
  }

  #method(task: TaskSpec): ProjectionMethod {
    const isLast = this.#library.backlog === 0;
    return isLast && points(task) <= MOST_TSNE_POINTS ? this.#store.method : "pca";
  }

  async #start(): Promise<void> {
    const task = this.#task();
    if (!task) return;
    const method = this.#method(task);
    this.#drawn = this.#key(task);
    this.#run.abort();
    this.#run = new AbortController();
    const { signal } = this.#run;
    try {
      const start = performance.now();
      await this.#project(task, "pca", 1, signal);
      this.#took = performance.now() - start;
      if (method === "tsne") await this.#project(task, "tsne", TSNE_STEPS, signal);
    } catch {
      // Cancelled by the next change, or the worker crashed, which says so itself;
      // a map that cannot be drawn leaves the answers as they are.
    }
  }

  async #project(
    task: TaskSpec,
    method: ProjectionMethod,
    steps: number,
    signal: AbortSignal,
  ): Promise<void> {
    let points: ProjectionPoint[] = [];
    await this.#client.call(
      "project",
      { task, method, steps },
      {
        signal,
        onProgress: (value) => {
          if (signal.aborted) return;
          if ("points" in value) points = value.points;
          else {
            this.#store.projection = { method, points, coordinates: value.coordinates };
            this.#store.changed();
          }
        },
      },
    );
  }
}

/** How many points a map of the task has. */
function points({ classes, queries, hallucinations }: TaskSpec): number {
  const ofClass = (examples: readonly unknown[]) => examples.length + hallucinations + 1;
  return classes.reduce((sum, { examples }) => sum + ofClass(examples), queries.length);
}
