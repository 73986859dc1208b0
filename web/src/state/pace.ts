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

  /** A picture is read. */
  finished(): void {
    this.#done++;
  }

  /** With so many that still wait; none of them ends the batch. */
  progress(waiting: number, now: number): Progress {
    if (waiting === 0) this.#done = 0;
    if (this.#done === 0) this.#started = now;
    const done = this.#done;
    const seconds = (now - this.#started) / 1000;
    const secondsLeft = done < ENOUGH ? null : (seconds / done) * waiting;
    return { done, total: done + waiting, secondsLeft };
  }
}
