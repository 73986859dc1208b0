/** How far a batch of pictures is, and how long the rest will take at the pace so far. */

/** Too few to tell a pace by. */
const ENOUGH = 10;

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Null while it cannot be told. */
  readonly secondsLeft: number | null;
}

export class Pace {
  #started = 0;
  #done = 0;

  /** A picture is to be read, beside so many others; the first begins a batch. */
  begun(others: number, now: number): void {
    if (others > 0) return;
    this.#started = now;
    this.#done = 0;
  }

  finished(): void {
    this.#done++;
  }

  /** With so many that still wait. */
  progress(waiting: number, now: number): Progress {
    const done = this.#done;
    const seconds = (now - this.#started) / 1000;
    const secondsLeft = done < ENOUGH ? null : (seconds / done) * waiting;
    return { done, total: done + waiting, secondsLeft };
  }
}
