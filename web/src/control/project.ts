/**
 * Keeps the map up to date: PCA at once whenever the task changes, then t-SNE
 * as it settles, until the next change cancels it.
 */
import type { Client } from "../client.ts";
import type { ProjectionMethod, ProjectionPoint, TaskSpec } from "../protocol.ts";
import { isReady, type Store } from "../state/store.ts";
import { taskOf } from "../state/task.ts";

const TSNE_STEPS = 500;
/** The map waits for the answers, which matter more. */
const PAUSE_MS = 60;
const PAUSE_WHILE_EMBEDDING_MS = 600;

export class Projector {
  readonly #store: Store;
  readonly #client: Client;
  #drawn = "";
  #timer = 0;
  #run = new AbortController();

  constructor(store: Store, client: Client) {
    this.#store = store;
    this.#client = client;
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
    const pause = this.#client.backlog > 0 ? PAUSE_WHILE_EMBEDDING_MS : PAUSE_MS;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      void this.#start();
    }, pause);
  }

  #key(task: TaskSpec): string {
    return JSON.stringify([task, this.#store.method]);
  }

  async #start(): Promise<void> {
    const task = this.#task();
    if (!task) return;
    const method = this.#store.method;
    this.#drawn = this.#key(task);
    this.#run.abort();
    this.#run = new AbortController();
    const { signal } = this.#run;
    try {
      await this.#project(task, "pca", 1, signal);
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
