/**
 * Which tab keeps the session: one at a time, by a lock of the browser's. Where there are no locks
 * (over http), every tab keeps it, as if it were alone.
 */

/** A page that is reloaded lets go of its lock while the next one asks for it. */
const PATIENCE_MS = 700;

export class Owner {
  /** Called when another tab has taken over. */
  onLost: () => void = () => {};

  /** Whether this tab keeps the session from now on; `takeOver` takes it from another. */
  claim(takeOver = false): Promise<boolean> {
    const locks: LockManager | undefined = navigator.locks;
    if (!locks) return Promise.resolve(true);
    const name = `fewshot ${new URL(".", document.baseURI).pathname}`;
    return new Promise((resolve) => {
      let isHeld = false;
      const hold = () => {
        isHeld = true;
        resolve(true);
        return new Promise<void>(() => {});
      };
      const options = takeOver ? { steal: true } : { signal: AbortSignal.timeout(PATIENCE_MS) };
      locks.request(name, options, hold).catch(() => {
        if (isHeld) this.onLost();
        else resolve(false);
      });
    });
  }
}
