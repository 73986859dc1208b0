/**
 * The browser's own store of the session, so that a reload loses nothing. One
 * transaction writes session and pictures together: a half-written state is
 * never read. Sites under different paths of one host keep apart.
 */
import type { Session } from "../state/session.ts";

const PICTURES = "pictures";
const VALUES = "values";
const MODELS = "models";
const STORES = [PICTURES, VALUES, MODELS];

export interface KeptPicture {
  readonly name: string;
  readonly blob: Blob;
}

export interface Kept {
  readonly session: Session;
  readonly pictures: ReadonlyMap<string, KeptPicture>;
  /** Model files that the person opened, by the id of their entry. */
  readonly models: ReadonlyMap<string, ArrayBuffer>;
}

export class Database {
  readonly #db: IDBDatabase;

  /**
   * Called when the store is gone: "newer", to a later version of the page in another tab, or
   * "off", as when a person clears what sites have kept.
   */
  onLost: (why: "newer" | "off") => void = () => {};

  private constructor(db: IDBDatabase) {
    this.#db = db;
    // A newer page in another tab wants to change the stores: it shall not wait for this one.
    db.onversionchange = () => {
      db.close();
      this.onLost("newer");
    };
    db.onclose = () => this.onLost("off");
  }

  /** Rejects where the browser forbids storage, as in some private windows. */
  static async open(): Promise<Database> {
    const name = `fewshot ${new URL(".", document.baseURI).pathname}`;
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    return new Database(await result(request));
  }

  /** What was kept last; null on a first visit. */
  async read(): Promise<Kept | null> {
    const transaction = this.#db.transaction(STORES);
    const session = await result(transaction.objectStore(VALUES).get("session"));
    if (session === undefined) return null;
    return {
      session: session as Session,
      pictures: await all<KeptPicture>(transaction.objectStore(PICTURES)),
      models: await all<ArrayBuffer>(transaction.objectStore(MODELS)),
    };
  }

  /** Makes `kept` what is read next: pictures and models that it lacks go. */
  async write(kept: Kept): Promise<void> {
    const transaction = this.#db.transaction(STORES, "readwrite");
    const done = finished(transaction);
    // Awaiting the reads first would let the transaction end.
    const synced = Promise.all([
      sync(transaction.objectStore(PICTURES), kept.pictures),
      sync(transaction.objectStore(MODELS), kept.models),
    ]);
    transaction.objectStore(VALUES).put(kept.session, "session");
    // Why a transaction was given up is what matters: its requests fail in consequence.
    synced.catch(() => {});
    await done.catch((why: DOMException | null) => (why ? Promise.reject(why) : synced));
    await synced;
  }
}

/** Adds what a store lacks and removes what it has too much; entries never change. */
async function sync(store: IDBObjectStore, wanted: ReadonlyMap<string, unknown>): Promise<void> {
  const present = new Set(await result(store.getAllKeys()));
  for (const key of present) if (!wanted.has(String(key))) store.delete(key);
  for (const [key, value] of wanted) if (!present.has(key)) store.put(value, key);
}

async function all<T>(store: IDBObjectStore): Promise<Map<string, T>> {
  const [keys, values] = await Promise.all([result(store.getAllKeys()), result(store.getAll())]);
  return new Map(keys.map((key, i) => [String(key), values[i] as T]));
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    // By then it knows why, which it does not yet when one of its requests fails.
    transaction.onabort = () => reject(transaction.error);
  });
}
