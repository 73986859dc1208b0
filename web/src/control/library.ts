/**
 * Pictures on their way through the workers: the page keeps a copy of each, it is
 * encoded once a model, one that cannot be read leaves with a sentence, and one
 * that no state of the history names any more is forgotten.
 */

import { type PictureId, WorkerError } from "../../package/src/protocol.ts";
import type { Client } from "../client.ts";
import { reachable } from "../state/history.ts";
import { Pace, type Progress } from "../state/pace.ts";
import { picturesOf, removePicture } from "../state/session.ts";
import { isLarge, type Picture, type Store } from "../state/store.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";
import { Limit } from "./limit.ts";
import { PictureNotices } from "./pictureNotices.ts";
import { Speed } from "./speed.ts";

export interface Incoming {
  readonly name: string;
  readonly blob: Blob;
}

/** Crashes of a worker over one picture before it is given up. */
const MAX_CRASHES = 2;
const FORGET_AFTER_MS = 3000;
const READ_AT_ONCE = 4;
const TELL_EVERY_MS = 150;

export class Library {
  readonly #store: Store;
  readonly #client: Client;
  readonly #notices: PictureNotices;
  #speed = new Speed();
  readonly #pace = new Pace();
  /** Photographs are megabytes each: few are held in memory at once. */
  readonly #reading = new Limit(READ_AT_ONCE);
  #underWay = 0;
  #told = 0;
  #tellTimer: ReturnType<typeof setTimeout> | undefined;
  /** Aborted when the model changes: what was on its way is worth nothing then. */
  #round = new AbortController();
  #crashes = new Map<PictureId, number>();
  #counter = 0;
  #forgetTimer = 0;
  /** Pictures that are kept although no session names them. */
  pinned = new Set<PictureId>();

  constructor(store: Store, client: Client) {
    this.#store = store;
    this.#client = client;
    this.#notices = new PictureNotices(store);
    store.subscribe(() => this.#forgetLater());
  }

  /** How many pictures have no feature yet and will have one. */
  get backlog(): number {
    return this.#underWay;
  }

  /** How far the pictures on their way are. */
  progress(): Progress {
    return this.#pace.progress(this.#underWay, performance.now());
  }

  /** Takes pictures in and returns their names; features follow when there is a model. */
  add(incoming: readonly Incoming[]): PictureId[] {
    return incoming.map(({ name, blob }) => {
      const id = `p${Date.now().toString(36)}-${(this.#counter++).toString(36)}`;
      this.#take(id, name, blob, false);
      return id;
    });
  }

  /** Takes in a picture that the browser keeps for this page, under the name it had. */
  restore(id: PictureId, name: string, blob: Blob): void {
    this.#take(id, name, blob, true);
  }

  /** Encodes everything anew: after another model, or with a fresh worker. */
  embedAll(): void {
    this.stop();
    this.#round = new AbortController();
    this.#speed = new Speed();
    for (const picture of this.#store.pictures.values())
      void this.#embed(picture, this.#round.signal);
    this.#store.changed();
  }

  /** Nothing is ready any more; `embedAll` follows when a model is. */
  stop(): void {
    this.#round.abort();
    for (const picture of this.#store.pictures.values()) {
      picture.ready = false;
      picture.problem = null;
      if (picture.viewUrl) URL.revokeObjectURL(picture.viewUrl);
      picture.viewUrl = null;
    }
  }

  /** Tries a picture again that could not be read. */
  again(id: PictureId): void {
    const picture = this.#store.pictures.get(id);
    if (!picture || !this.#store.info) return;
    picture.problem = null;
    this.#crashes.delete(id);
    void this.#embed(picture, this.#round.signal);
    this.#store.changed();
  }

  /** An address that shows what the model sees; null where it cannot be had. */
  async viewUrl(id: PictureId): Promise<string | null> {
    const picture = this.#store.pictures.get(id);
    if (!picture || picture.viewUrl || !this.#store.info) return picture?.viewUrl ?? null;
    const { signal } = this.#round;
    try {
      const view = await this.#client.view(picture.blob);
      // Another model sees it differently.
      if (signal.aborted || !this.#store.pictures.has(id)) return null;
      picture.viewUrl ??= URL.createObjectURL(view);
      return picture.viewUrl;
    } catch {
      // The picture itself is shown, and its failure told where it matters.
      return null;
    }
  }

  #take(id: PictureId, name: string, blob: Blob, isOwned: boolean): void {
    const url = URL.createObjectURL(blob);
    const views = { viewUrl: null, small: null, width: 0, height: 0 };
    const unseen = { ...views, torn: false, ready: false, problem: null };
    // What the browser kept for the page, the page had read.
    const bytes = blob.size;
    const picture = { id, name, blob, bytes, isOwned, wasRead: isOwned, url, ...unseen };
    this.#store.pictures.set(id, picture);
    if (this.#store.info) void this.#embed(picture, this.#round.signal);
    else void this.#own(picture).catch((error) => this.#failed(picture, error));
  }

  /** Makes the page's own copy of a file, which may be moved or its card pulled. */
  async #own(picture: Picture): Promise<void> {
    if (picture.isOwned) return;
    const { type } = picture.blob;
    const bytes = await this.#reading
      .run(() => picture.blob.arrayBuffer())
      .catch((error) => {
        throw new WorkerError({ code: "gone", detail: String(error) });
      });
    if (picture.isOwned) return;
    picture.blob = new Blob([bytes], { type });
    picture.isOwned = true;
    URL.revokeObjectURL(picture.url);
    picture.url = URL.createObjectURL(picture.blob);
    this.#store.changed();
  }

  async #embed(picture: Picture, signal: AbortSignal): Promise<void> {
    const { id } = picture;
    this.#pace.begun(this.#underWay, performance.now());
    this.#underWay++;
    try {
      await this.#own(picture);
      signal.throwIfAborted();
      const thumbnail = isLarge(picture) && picture.small === null;
      const args = { blob: picture.blob, thumbnail };
      const embedded = await this.#client.embed(id, args, { signal });
      if (!this.#store.pictures.has(id)) {
        this.#forgetFeatures([id]);
        return;
      }
      if (embedded.thumbnail) picture.small = URL.createObjectURL(embedded.thumbnail);
      picture.width = embedded.width;
      picture.height = embedded.height;
      // Told once; its mark stays.
      if (embedded.torn && !picture.wasRead) this.#notices.torn(picture.name);
      picture.torn = embedded.torn;
      picture.wasRead = true;
      picture.ready = true;
      this.#measured(embedded.milliseconds);
      this.#tell();
    } catch (error) {
      if (!signal.aborted) this.#failed(picture, error);
    } finally {
      this.#underWay--;
      this.#pace.finished();
    }
  }

  /** Redraws at once, and then not for a while: a picture that is ready is news to every card. */
  #tell(): void {
    if (this.#tellTimer !== undefined) return;
    const pause = Math.max(0, this.#told + TELL_EVERY_MS - performance.now());
    this.#tellTimer = setTimeout(() => {
      this.#tellTimer = undefined;
      this.#told = performance.now();
      this.#store.changed();
    }, pause);
  }

  #measured(milliseconds: number): void {
    const { model } = this.#store;
    const typical = this.#speed.add(milliseconds);
    if (model.phase === "ready" && typical !== null)
      this.#store.speeds.set(model.entry.id, typical);
  }

  #failed(picture: Picture, error: unknown): void {
    if (isCancelled(error) || !this.#store.pictures.has(picture.id)) return;
    if (isCrash(error)) {
      // Everything in flight shares the blame; only one that repeats it is given up.
      const crashes = (this.#crashes.get(picture.id) ?? 0) + 1;
      this.#crashes.set(picture.id, crashes);
      if (crashes < MAX_CRASHES) {
        if (this.#store.info) void this.#embed(picture, this.#round.signal);
        return;
      }
    }
    // What could be read once stays whatever happens: it can be tried again.
    if (picture.wasRead || isCrash(error)) {
      picture.problem = sentence(error, picture.name);
      this.#store.changed();
      return;
    }
    this.#store.rewrite((session) => removePicture(session, picture.id));
    this.#notices.refused(picture.name, error);
    this.#drop(picture);
  }

  #drop(picture: Picture): void {
    URL.revokeObjectURL(picture.url);
    if (picture.viewUrl) URL.revokeObjectURL(picture.viewUrl);
    if (picture.small) URL.revokeObjectURL(picture.small);
    this.#store.pictures.delete(picture.id);
    this.#crashes.delete(picture.id);
    this.pinned.delete(picture.id);
  }

  #forgetLater(): void {
    if (this.#forgetTimer !== 0) return;
    this.#forgetTimer = setTimeout(() => {
      this.#forgetTimer = 0;
      this.#forget();
    }, FORGET_AFTER_MS);
  }

  #forget(): void {
    const kept = new Set(reachable(this.#store.history).flatMap(picturesOf));
    const gone = [...this.#store.pictures.values()].filter(
      (picture) => !kept.has(picture.id) && !this.pinned.has(picture.id),
    );
    if (gone.length === 0) return;
    for (const picture of gone) this.#drop(picture);
    this.#forgetFeatures(gone.map((picture) => picture.id));
  }

  #forgetFeatures(pictures: PictureId[]): void {
    // A worker that has just crashed has forgotten them already.
    this.#client.call("forget", { pictures }).catch(() => {});
  }
}
