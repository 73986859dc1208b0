/** Whether a worker that has crashed is worth another start: not for ever, and not for all time. */

/** So many crashes, with no success between them, … */
const MOST = 5;
/** … within so long are too many. */
const WITHIN_MS = 60_000;

export class Restarts {
  #crashes: number[] = [];

  crashed(now: number): void {
    this.#crashes = [...this.#crashes.filter((at) => now - at < WITHIN_MS), now];
  }

  /** A worker that has done its work is no hopeless one. */
  succeeded(): void {
    this.#crashes = [];
  }

  get isHopeless(): boolean {
    return this.#crashes.length > MOST;
  }
}
