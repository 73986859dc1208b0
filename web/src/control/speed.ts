/** How long a picture takes, as measured: the median of the last ones, once there are enough. */

const LAST = 25;
/** The first calls run before the browser has compiled the module to its best. */
const ENOUGH = 6;

export class Speed {
  #last: number[] = [];

  /** Counts another one in; null while too few have been seen. */
  add(milliseconds: number): number | null {
    this.#last = [...this.#last, milliseconds].slice(-LAST);
    if (this.#last.length < ENOUGH) return null;
    const sorted = [...this.#last].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }
}
