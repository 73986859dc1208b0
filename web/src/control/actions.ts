/**
 * What a person can do to the session, each as one step that undo takes back,
 * whichever control it comes from.
 */
import type { PictureId } from "../../package/src/protocol.ts";
import {
  addClass,
  addQueries,
  addSupport,
  type ClassId,
  classOf,
  emptySession,
  movePicture,
  moveToQueries,
  PALETTE_SIZE,
  removeClass,
  removePicture,
  type Session,
  type Settings,
  updateClass,
  withSettings,
} from "../state/session.ts";
import type { Store } from "../state/store.ts";
import { t } from "../strings/index.ts";
import type { Incoming, Library } from "./library.ts";

export type Target =
  | { kind: "class"; id: ClassId }
  | { kind: "new" }
  /** With `whole`, folders are no classes, however many there are. */
  | { kind: "queries"; whole?: boolean };

export class Actions {
  readonly #store: Store;
  readonly #library: Library;
  #counter = 0;

  constructor(store: Store, library: Library) {
    this.#store = store;
    this.#library = library;
  }

  get #session(): Session {
    return this.#store.session;
  }

  newClassId(): ClassId {
    return `c${Date.now().toString(36)}-${(this.#counter++).toString(36)}`;
  }

  addClass(name?: string): ClassId {
    const id = this.newClassId();
    this.#store.change(addClass(this.#session, id, name ?? this.freeName()), t.actions.addClass);
    return id;
  }

  /** "Class n" with the smallest n that is not taken. */
  freeName(session: Session = this.#session): string {
    const names = new Set(session.classes.map((c) => c.name));
    for (let n = session.classes.length + 1; ; n++)
      if (!names.has(t.className(n))) return t.className(n);
  }

  /** Two empty classes to start with. */
  startOwn(): void {
    let next = this.#session;
    for (let i = 0; i < 2; i++) next = addClass(next, this.newClassId(), this.freeName(next));
    this.#store.change(next, t.actions.addClass);
  }

  addPictures(incoming: readonly Incoming[], target: Target): void {
    if (incoming.length === 0) return;
    const ids = this.#library.add(incoming);
    const session = this.#session;
    if (target.kind === "queries") {
      this.#store.change(addQueries(session, ids), t.actions.addPictures);
    } else {
      const id = target.kind === "class" ? target.id : this.newClassId();
      const ready =
        target.kind === "class" ? session : addClass(session, id, this.freeName(session));
      this.#store.change(addSupport(ready, id, ids), t.actions.addPictures);
    }
  }

  /** Folders become classes; one whose name is there already gets the pictures. */
  addFolders(groups: ReadonlyMap<string, readonly File[]>): void {
    let next = this.#session;
    for (const [name, files] of groups) {
      const existing = next.classes.find((c) => c.name === name);
      const id = existing?.id ?? this.newClassId();
      if (!existing) next = addClass(next, id, name);
      const ids = this.#library.add(files.map((file) => ({ name: file.name, blob: file })));
      next = addSupport(next, id, ids);
    }
    // Two classes that nobody has touched make room.
    const given = new Set(next.classes.map((_, i) => t.className(i + 1)));
    const untouched = next.classes.filter(
      (c) => c.pictures.length === 0 && given.has(c.name) && !groups.has(c.name),
    );
    for (const { id } of untouched) next = removeClass(next, id);
    this.#store.change(next, t.actions.addPictures);
  }

  rename(id: ClassId, name: string): void {
    const next = updateClass(this.#session, id, { name });
    this.#store.change(next, t.actions.rename, `rename ${id}`);
  }

  toggle(id: ClassId, enabled: boolean): void {
    this.#store.change(updateClass(this.#session, id, { enabled }), t.actions.toggle);
  }

  nextColour(id: ClassId): void {
    const { classes } = this.#session;
    const used = new Set(classes.map((c) => c.colour));
    let colour = classes.find((c) => c.id === id)?.colour ?? 0;
    // The next one that no class has, or simply the next where all are taken.
    for (let i = 0; i < PALETTE_SIZE; i++) {
      colour = (colour + 1) % PALETTE_SIZE;
      if (!used.has(colour)) break;
    }
    this.#store.change(updateClass(this.#session, id, { colour }), t.actions.colour);
  }

  reorder(next: Session): void {
    this.#store.change(next, t.actions.order);
  }

  removeClass(id: ClassId): void {
    const name = this.#session.classes.find((c) => c.id === id)?.name ?? "";
    this.#store.change(removeClass(this.#session, id), t.actions.removeClass);
    this.#offerUndo(t.removedClass(name));
  }

  removePicture(picture: PictureId): void {
    const name = this.#store.pictures.get(picture)?.name ?? "";
    this.#store.change(removePicture(this.#session, picture), t.actions.removePicture);
    this.#offerUndo(t.removedPicture(name));
  }

  /** Makes a picture support of a class; a query that is told its class corrects the answer. */
  move(picture: PictureId, to: ClassId): void {
    const from = classOf(this.#session, picture);
    if (from?.id === to) return;
    const name = this.#session.classes.find((c) => c.id === to)?.name ?? "";
    const label = from ? t.actions.movePicture : t.actions.correct;
    this.#store.change(movePicture(this.#session, picture, to), label);
    if (!from) this.#offerUndo(t.corrected(name));
  }

  ask(picture: PictureId): void {
    this.#store.change(moveToQueries(this.#session, picture), t.actions.movePicture);
  }

  set(change: Partial<Settings>): void {
    const key = `settings ${Object.keys(change).join()}`;
    this.#store.change(withSettings(this.#session, change), t.actions.settings, key);
  }

  startOver(): void {
    const { modelId, settings } = this.#session;
    this.#store.change({ ...emptySession(modelId), settings }, t.actions.startOver);
    this.#offerUndo(t.startedOver);
  }

  undo(): void {
    const label = this.#store.undo();
    if (label !== null) this.#store.announcement = t.undone(label);
  }

  redo(): void {
    const label = this.#store.redo();
    if (label !== null) this.#store.announcement = t.redone(label);
  }

  /** Says what went, with the way back, for as long as that is the last step. */
  #offerUndo(text: string): void {
    const step = this.#store.session;
    const run = () => {
      if (this.#store.session === step) this.undo();
    };
    this.#store.notify({ kind: "info", text, action: { label: t.undo, run } });
  }
}
