/**
 * Evaluations: pictures of a folder taken in beside the session, and episodes
 * over them, by the trainer's own protocol, one run after another.
 */
import type { App } from "../app.ts";
import type { ClassSpec, Evaluation, EvaluationSpec, PictureId } from "../protocol.ts";
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
  readonly #pinned: PictureId[] = [];
  #classes: ClassSpec[] = [];

  constructor(app: App) {
    this.#app = app;
  }

  /** Takes in a folder of class folders. */
  add(groups: ReadonlyMap<string, readonly File[]>): void {
    const { library } = this.#app;
    for (const [name, files] of groups) {
      const examples = library.add(files.map((file) => ({ name: file.name, blob: file })));
      for (const id of examples) library.pinned.add(id);
      this.#pinned.push(...examples);
      this.#classes.push({ id: `evaluated-${this.#classes.length}`, name, examples });
    }
  }

  /** Lets go of all pictures that only the evaluation needs. */
  close(): void {
    for (const id of this.#pinned) this.#app.library.pinned.delete(id);
    this.#app.store.changed();
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
    const temperature = (store.info?.temperature ?? 1) * settings.temperatureFactor;
    const spec: EvaluationSpec = {
      ...plan,
      classes: this.classes.filter((c) => c.examples.length >= plan.shots + plan.queries),
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
    const enough = (shots: number) =>
      this.classes.filter((c) => c.examples.length >= shots + plan.queries).length >= plan.ways;
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
