/**
 * Keeps the session: in the browser, so that a reload loses nothing, and as a
 * file that can be saved, sent and opened again. Of several tabs one keeps it;
 * the others say that they do not.
 */
import { startHistory } from "../state/history.ts";
import { picturesOf, type Session } from "../state/session.ts";
import type { Store } from "../state/store.ts";
import { Database, type Kept } from "../storage/database.ts";
import { fromEntries, readSession, toFile } from "../storage/file.ts";
import { Owner } from "../storage/owner.ts";
import { t } from "../strings/index.ts";
import type { Library } from "./library.ts";
import type { Models } from "./models.ts";

const WRITE_AFTER_MS = 250;
/** A store that has not opened by then is blocked, and the page goes on without. */
const OPEN_WITHIN_MS = 4000;

export class Keeper {
  readonly #store: Store;
  readonly #library: Library;
  readonly #models: Models;
  #database: Database | null = null;
  #written: Session | null = null;
  #timer = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #owner = new Owner();
  #isOwner = false;
  /** Whether it was said that nothing is kept. */
  #isTold = false;

  constructor(store: Store, library: Library, models: Models) {
    this.#store = store;
    this.#library = library;
    this.#models = models;
  }

  /** Brings back what was kept; from then on every change is. */
  async start(): Promise<void> {
    const claimed = this.#owner.claim();
    try {
      this.#database = await withinTime(Database.open());
      const kept = await withinTime(this.#database.read());
      if (kept) this.#restore(kept);
    } catch {
      // No storage, as in some private windows, or a blocked one: the page works, and forgets.
      this.#database = null;
    }
    this.#written = this.#store.session;
    this.#owner.onLost = () => this.#yield();
    void claimed.then((isOwner) => {
      this.#isOwner = isOwner;
      if (isOwner) this.#consider();
      else this.#yield();
    });
    this.#store.subscribe(() => this.#consider());
    addEventListener("pagehide", () => void this.flush());
  }

  /** Another tab keeps the session: this one says so, and can take over. */
  #yield(): void {
    this.#isOwner = false;
    const run = async () => {
      this.#isOwner = await this.#owner.takeOver();
      this.#written = null;
      this.#consider();
    };
    this.#store.notify({
      kind: "info",
      text: t.otherTab,
      action: { label: t.keepHere, run: () => void run() },
      stays: true,
    });
  }

  /** Resolves once everything is written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async save(): Promise<Blob> {
    return toFile(this.#kept());
  }

  /** Makes a saved file the session, as a step that undo takes back. */
  async open(name: string, entries: ReadonlyMap<string, Blob> | null): Promise<void> {
    const kept = entries && (await fromEntries(entries));
    if (!kept) {
      this.#store.notify({ kind: "error", text: t.notASession(name) });
      return;
    }
    // Pictures get new names here: the file may be opened twice, or be an older state of this one.
    const old = [...kept.pictures.keys()];
    const ids = this.#library.add([...kept.pictures.values()]);
    const renamed = new Map(old.map((id, i) => [id, ids[i] ?? id]));
    const rename = (id: string) => renamed.get(id) ?? id;
    this.#models.restore(kept.models);
    const { session } = kept;
    const known = this.#store.models.some((m) => m.id === session.modelId);
    const next: Session = {
      ...session,
      modelId: known ? session.modelId : this.#store.session.modelId,
      classes: session.classes.map((c) => ({ ...c, pictures: c.pictures.map(rename) })),
      queries: session.queries.map((q) => ({ ...q, picture: rename(q.picture) })),
    };
    this.#store.change(next, t.actions.openFile);
  }

  #restore(kept: Kept): void {
    const session = readSession({ ...kept.session }, (id) => kept.pictures.has(id));
    for (const id of new Set(picturesOf(session))) {
      const picture = kept.pictures.get(id);
      if (picture) this.#library.restore(id, picture.name, picture.blob);
    }
    this.#models.restore(kept.models);
    this.#store.history = startHistory(session);
    this.#store.changed();
  }

  #kept(): Kept {
    const { session, pictures } = this.#store;
    const named = picturesOf(session).flatMap((id) => {
      const picture = pictures.get(id);
      return picture ? [[id, { name: picture.name, blob: picture.blob }] as const] : [];
    });
    return { session, pictures: new Map(named), models: this.#models.ownFiles() };
  }

  #consider(): void {
    // Not put off by further changes: a map that settles makes one a frame.
    if (this.#timer !== 0 || this.#store.session === this.#written) return;
    if (!this.#database) this.#cannotKeep();
    if (!this.#isOwner) return;
    this.#timer = setTimeout(() => void this.flush(), WRITE_AFTER_MS);
  }

  async #write(): Promise<void> {
    const { session } = this.#store;
    if (!this.#database || !this.#isOwner || session === this.#written) return;
    try {
      await this.#database.write(this.#kept());
      this.#written = session;
    } catch {
      this.#database = null;
      this.#cannotKeep();
    }
  }

  /** Said once, when there is something to lose: the next attempt would fail alike. */
  #cannotKeep(): void {
    if (this.#isTold || picturesOf(this.#store.session).length === 0) return;
    this.#isTold = true;
    this.#store.notify({ kind: "error", text: t.cannotKeep });
  }
}

function withinTime<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("the browser's store does not answer")), OPEN_WITHIN_MS),
  );
  return Promise.race([work, late]);
}
