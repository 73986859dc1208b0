/** What the browser's own store holds of the session, read past the page. */

export interface Kept {
  queries: number;
  hallucinations: number;
  /** The id of the model's entry. */
  model: string;
}

/** Runs in the page. */
export async function readKept(): Promise<Kept> {
  const name = `fewshot ${new URL(".", document.baseURI).pathname}`;
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await settled(indexedDB.open(name));
  try {
    const session = await settled(
      database.transaction("values").objectStore("values").get("session"),
    );
    const nothing = { queries: [], settings: { hallucinations: 0 }, modelId: "" };
    const { queries, settings, modelId } = session ?? nothing;
    return { queries: queries.length, hallucinations: settings.hallucinations, model: modelId };
  } finally {
    database.close();
  }
}
