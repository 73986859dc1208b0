/**
 * Evaluations: pictures of a folder taken in beside the session, or those of the
 * session, and episodes over them, by the trainer's own protocol, one run after
 * another.
 */

import type {
  ClassSpec,
  Evaluation,
  EvaluationSpec,
  PictureId,
} from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { isReady } from "../state/store.ts";

export interface Plan {
  readonly ways: number;
  readonly shots: number;
  readonly queries: number;
  readonly episodes: number;
}

export interface Point {
  /** Shots, or imagined examples. */
  readonly x: number;
  readonly accuracy: number;
  readonly ci95: number;
}

/** Shots and imagined examples that curves are drawn over. */
const SHOTS = [1, 2, 3, 5, 10, 20];
const IMAGINED = [0, 1, 5, 10, 50, 100];
/** Protocol of published tables. */
const USUAL_QUERIES = 15;
const USUAL_WAYS = 5;
export const USUAL_EPISODES = 600;

export class Evaluator {
  readonly #app: App;
  #classes: ClassSpec[] = [];

  constructor(app: App) {
    this.#app = app;
  }

  /** Takes in a folder of class folders, in place of what was there. */
  take(groups: ReadonlyMap<string, readonly File[]>): void {
    const { library } = this.#app;
    this.#begin(
      [...groups].map(([name, files]) => ({
        name,
        examples: library.add(files.map((file) => ({ name: file.name, blob: file }))),
      })),
    );
  }

  /** Takes the pictures of the page, questions whose class is known among them. */
  takeSession(): void {
    this.#begin(this.#ofSession());
  }

  /** Whether the page has enough to draw an episode from. */
  get sessionIsEnough(): boolean {
    return this.#ofSession().length >= 2;
  }

  #ofSession(): { name: string; examples: PictureId[] }[] {
    const { classes, queries } = this.#app.store.session;
    return classes
      .filter((c) => c.enabled)
      .map(({ id, name, pictures }) => {
        const asked = queries.filter((q) => q.truth === id).map((q) => q.picture);
        return { name, examples: [...pictures, ...asked] };
      })
      .filter((c) => c.examples.length >= 2);
  }

  #begin(classes: readonly { name: string; examples: PictureId[] }[]): void {
    this.close();
    this.#classes = classes.map((c, i) => ({ id: `evaluated-${i}`, ...c }));
    // The session may change meanwhile.
    for (const id of this.#classes.flatMap((c) => c.examples)) this.#app.library.pinned.add(id);
  }

  /** Lets go of all pictures that only the evaluation needs. */
  close(): void {
    const { library, store } = this.#app;
    for (const id of this.#classes.flatMap((c) => c.examples)) library.pinned.delete(id);
    store.changed();
  }

  /** Classes with the pictures that are embedded; broken ones have left the store. */
  get classes(): ClassSpec[] {
    const ready = isReady(this.#app.store);
    return this.#classes.map((c) => ({ ...c, examples: c.examples.filter(ready) }));
  }

  /** How many pictures are embedded, of how many that are not broken. */
  get progress(): { done: number; total: number } {
    const { pictures } = this.#app.store;
    const all = this.#classes.flatMap((c) => c.examples).filter((id) => pictures.has(id));
    return { done: all.filter((id) => pictures.get(id)?.ready).length, total: all.length };
  }

  /** The classes that have pictures enough for a plan, in the order of its results. */
  used(plan: Plan): ClassSpec[] {
    return this.classes.filter((c) => c.examples.length >= plan.shots + plan.queries);
  }

  /** The usual protocol, as far as the pictures allow it; null where they allow none. */
  usual(): Plan | null {
    const sizes = this.classes.map((c) => c.examples.length).filter((size) => size >= 2);
    if (sizes.length < 2) return null;
    const least = Math.min(...sizes);
    const queries = Math.min(USUAL_QUERIES, least - 1);
    const ways = Math.min(USUAL_WAYS, sizes.length);
    return { ways, shots: 1, queries, episodes: USUAL_EPISODES };
  }

  run(
    plan: Plan,
    hallucinations: number,
    signal: AbortSignal,
    onProgress: (share: number) => void,
  ): Promise<Evaluation> {
    const { store, client } = this.#app;
    const { settings } = store.session;
    // The button that calls this is there only while a model is.
    const head = settings.head ?? store.info?.head ?? "prototype";
    const temperature = (store.info?.temperatures[head] ?? 1) * settings.temperatureFactor;
    const spec: EvaluationSpec = {
      ...plan,
      classes: this.used(plan),
      head,
      context: settings.context,
      distance: settings.distance ?? store.info?.distance ?? "l2",
      hallucinations: store.info?.generator === null ? 0 : hallucinations,
      temperature,
      seed: settings.seed,
    };
    return client.call("evaluate", spec, {
      signal,
      onProgress: ({ done, total }) => onProgress(done / total),
    });
  }

  /** Accuracy against shots, over those for which there are pictures. */
  async overShots(
    plan: Plan,
    hallucinations: number,
    signal: AbortSignal,
    onProgress: (share: number) => void,
  ): Promise<Point[]> {
    const enough = (shots: number) => this.used({ ...plan, shots }).length >= plan.ways;
    return series(SHOTS.filter(enough), onProgress, async (shots, progress) =>
      this.run({ ...plan, shots }, hallucinations, signal, progress),
    );
  }

  /** Accuracy against imagined examples, on the same episodes. */
  async overImagined(
    plan: Plan,
    signal: AbortSignal,
    onProgress: (share: number) => void,
  ): Promise<Point[]> {
    return series(IMAGINED, onProgress, (m, progress) => this.run(plan, m, signal, progress));
  }
}

async function series(
  values: readonly number[],
  onProgress: (share: number) => void,
  run: (value: number, onProgress: (share: number) => void) => Promise<Evaluation>,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const [i, x] of values.entries()) {
    const { accuracy, ci95 } = await run(x, (share) => onProgress((i + share) / values.length));
    points.push({ x, accuracy, ci95 });
  }
  return points;
}
