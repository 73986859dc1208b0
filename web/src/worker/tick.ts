/** Letting waiting messages in between two slices of work, sooner than any timer. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Runs `work` until it says it is done or `milliseconds` have passed; true when done. */
export function slice(milliseconds: number, work: () => boolean): boolean {
  const end = performance.now() + milliseconds;
  do {
    if (work()) return true;
  } while (performance.now() < end);
  return false;
}
