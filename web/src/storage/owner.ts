/**
 * Which tab keeps the session: one at a time, by a lock of the browser's. Where there are no locks
 * (over http), every tab keeps it, as if it were alone.
 */

/** A page that is reloaded lets go of its lock while the next one asks for it. */
const ASK_AGAIN_AFTER_MS = [100, 300, 600];

export class Owner {
  /** Called when another tab has taken over. */
  onLost: () => void = () => {};

  /** Whether this tab keeps the session from now on. */
  async claim(): Promise<boolean> {
    for (const pause of ASK_AGAIN_AFTER_MS) {
      if (await this.#request({ ifAvailable: true })) return true;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return this.#request({ ifAvailable: true });
  }

  /** Takes it from another tab, which is told. */
  takeOver(): Promise<boolean> {
    return this.#request({ steal: true });
  }

  #request(options: LockOptions): Promise<boolean> {
    const locks: LockManager | undefined = navigator.locks;
    if (!locks) return Promise.resolve(true);
    const name = `fewshot ${new URL(".", document.baseURI).pathname}`;
    return new Promise((resolve) => {
      let isHeld = false;
      const hold = (lock: Lock | null) => {
        isHeld = lock !== null;
        resolve(isHeld);
        // Held for as long as the page is there.
        return lock && new Promise<void>(() => {});
      };
      // Rejected once it is taken over, and at once where the browser forbids locks.
      locks.request(name, options, hold).catch(() => (isHeld ? this.onLost() : resolve(true)));
    });
  }
}
