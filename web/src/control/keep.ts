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
/** A write of thousands of pictures takes its time; one that takes longer is told. */
const WRITE_WITHIN_MS = 30_000;
/** Who waits for a write waits no longer. */
const FLUSH_WITHIN_MS = 5000;

/** Why nothing is kept: storage is switched off, does not answer, is full, or another tab's. */
type Why = keyof typeof t.cannotKeep;

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
  #whyNot: Why = "off";
  /** The notice that says so, while it is true. */
  #told: number | null = null;
  /** Bytes that were too many for the browser: as many are not tried again. */
  #tooMany = Number.POSITIVE_INFINITY;
  /** Whether the browser is asked, or has been in this visit, to clear nothing by itself. */
  #stays: "unasked" | "wanted" | "asked" = "unasked";

  constructor(store: Store, library: Library, models: Models) {
    this.#store = store;
    this.#library = library;
    this.#models = models;
  }

  /** Brings back what was kept; from then on every change is. */
  async start(): Promise<void> {
    const before = this.#store.session;
    // A lock that never comes is as none.
    const claimed = withinTime(this.#owner.claim(), OPEN_WITHIN_MS).catch(() => true);
    try {
      const [database, kept] = await withinTime(openAndRead(), OPEN_WITHIN_MS);
      this.#database = database;
      database.onLost = (why) => this.#lose(why);
      if (kept) this.#restore(kept, before);
      this.#written = kept ? this.#store.session : before;
    } catch (error) {
      // No storage, as in some private windows, or a blocked one: the page works, and forgets.
      this.#written = before;
      this.#lose(whyNot(error));
    }
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

  /** Resolves once everything is written, or cannot be for now. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#writing = this.#writing.then(() => this.#write());
    return withinTime(this.#writing, FLUSH_WITHIN_MS).catch(() => {});
  }

  /** From the next write on there is what nobody else has: the person's own pictures. */
  hold(): void {
    if (this.#stays === "unasked") this.#stays = "wanted";
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
    const adopted = this.#models.adopt(kept.models);
    const { session } = kept;
    const modelId = adopted.get(session.modelId) ?? session.modelId;
    const known = this.#store.models.some((m) => m.id === modelId);
    const next: Session = {
      ...session,
      modelId: known ? modelId : this.#store.session.modelId,
      classes: session.classes.map((c) => ({ ...c, pictures: c.pictures.map(rename) })),
      queries: session.queries.map((q) => ({ ...q, picture: rename(q.picture) })),
      corrected: session.corrected.map(rename),
    };
    this.#store.change(next, t.actions.openFile);
  }

  /** Whoever has begun anew meanwhile goes on, and finds what was kept a step before. */
  #restore(kept: Kept, before: Session): void {
    const begun = this.#store.session;
    const session = readSession({ ...kept.session }, (id) => kept.pictures.has(id));
    for (const id of new Set(picturesOf(session))) {
      const picture = kept.pictures.get(id);
      if (picture) this.#library.restore(id, picture.name, picture.blob);
    }
    this.#models.restore(kept.models);
    this.#store.history = startHistory(session);
    if (begun === before) this.#store.changed();
    else this.#store.change({ ...begun }, t.actions.startOver);
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
    if (!this.#database) this.#tell();
    if (!this.#isOwner || !this.#database || this.#bytes() >= this.#tooMany) return;
    this.#timer = setTimeout(() => void this.flush(), WRITE_AFTER_MS);
  }

  async #write(): Promise<void> {
    const { session } = this.#store;
    if (!this.#database || !this.#isOwner || session === this.#written) return;
    const database = this.#database;
    const late = setTimeout(() => this.#tell("silent"), WRITE_WITHIN_MS);
    try {
      await database.write(this.#kept());
      this.#written = session;
      this.#tooMany = Number.POSITIVE_INFINITY;
      this.#takeBack();
      this.#stay();
    } catch (error) {
      // What was lost meanwhile has been told why.
      if (this.#database !== database) return;
      const why = whyNot(error);
      if (why !== "full") return this.#lose(why);
      this.#tooMany = this.#bytes();
      this.#tell(why);
    } finally {
      clearTimeout(late);
    }
  }

  /**
   * Asks the browser not to clear what is kept when it runs out of room. Some ask the person; one
   * that refuses, or knows no such thing (over http), keeps it as it keeps everything else.
   */
  #stay(): void {
    if (this.#stays !== "wanted") return;
    this.#stays = "asked";
    const storage: StorageManager | undefined = navigator.storage;
    storage?.persist?.().catch(() => {});
  }

  /** From now on nothing is kept. */
  #lose(why: Why): void {
    this.#database = null;
    this.#tell(why);
  }

  /** Says why nothing is kept: once, and where there is something to lose. */
  #tell(why = this.#whyNot): void {
    this.#whyNot = why;
    // What a store has kept that cannot be read is not known.
    const isLoss = why !== "off" || picturesOf(this.#store.session).length > 0;
    if (this.#told !== null || !isLoss) return;
    this.#told = this.#store.notify({ kind: "error", text: t.cannotKeep[why] });
  }

  /** It is kept after all. */
  #takeBack(): void {
    if (this.#told !== null) this.#store.dismiss(this.#told);
    this.#told = null;
  }

  /** All that would be kept. */
  #bytes(): number {
    const { session, pictures } = this.#store;
    const sizes = picturesOf(session).map((id) => pictures.get(id)?.bytes ?? 0);
    const models = [...this.#models.ownFiles().values()].map((model) => model.byteLength);
    return [...sizes, ...models].reduce((sum, size) => sum + size, 0);
  }
}

async function openAndRead(): Promise<[Database, Kept | null]> {
  const database = await Database.open();
  return [database, await database.read()];
}

function whyNot(error: unknown): Why {
  if (error instanceof Late) return "silent";
  const name = error instanceof DOMException ? error.name : "";
  if (name === "VersionError") return "newer";
  return name === "QuotaExceededError" ? "full" : "off";
}

/** It has not answered in time. */
class Late extends Error {}

function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late()), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
