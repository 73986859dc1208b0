/**
 * Pictures on their way through the worker: each is embedded once a model, a
 * broken one leaves the session with a sentence, and one that no state of the
 * history names any more is forgotten.
 */
import type { Client } from "../client.ts";
import type { PictureId } from "../protocol.ts";
import { reachable } from "../state/history.ts";
import { picturesOf, removePicture } from "../state/session.ts";
import { isLarge, type Picture, type Store } from "../state/store.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";

export interface Incoming {
  readonly name: string;
  readonly blob: Blob;
}

/** Crashes of the worker over one picture before it is given up. */
const MAX_CRASHES = 2;
const FORGET_AFTER_MS = 3000;

export class Library {
  readonly #store: Store;
  readonly #client: Client;
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
    store.subscribe(() => this.#forgetLater());
  }

  /** Takes pictures in and returns their names; features follow when there is a model. */
  add(incoming: readonly Incoming[]): PictureId[] {
    return incoming.map(({ name, blob }) => {
      const id = `p${Date.now().toString(36)}-${(this.#counter++).toString(36)}`;
      this.restore(id, name, blob);
      return id;
    });
  }

  restore(id: PictureId, name: string, blob: Blob): void {
    const url = URL.createObjectURL(blob);
    const unseen = { view: null, viewUrl: null, small: null, width: 0, height: 0, ready: false };
    const picture = { id, name, blob, url, ...unseen };
    this.#store.pictures.set(id, picture);
    if (this.#store.info) void this.#embed(picture, this.#round.signal);
  }

  /** Embeds everything anew: after another model, or a fresh worker. */
  embedAll(): void {
    this.#round.abort();
    this.#round = new AbortController();
    for (const picture of this.#store.pictures.values()) {
      picture.ready = false;
      void this.#embed(picture, this.#round.signal);
    }
    this.#store.changed();
  }

  /** Nothing is ready any more; `embedAll` follows when a model is. */
  stop(): void {
    this.#round.abort();
    for (const picture of this.#store.pictures.values()) picture.ready = false;
  }

  async #embed(picture: Picture, signal: AbortSignal): Promise<void> {
    try {
      const wanted = isLarge(picture) && picture.small === null;
      const args = { picture: picture.id, blob: picture.blob, thumbnail: wanted };
      const { view, thumbnail, width, height } = await this.#client.call("embed", args, { signal });
      if (!this.#store.pictures.has(picture.id)) return;
      if (picture.viewUrl) URL.revokeObjectURL(picture.viewUrl);
      picture.viewUrl = null;
      picture.view = view;
      if (thumbnail) picture.small = URL.createObjectURL(thumbnail);
      picture.width = width;
      picture.height = height;
      picture.ready = true;
      this.#store.changed();
    } catch (error) {
      this.#failed(picture, error);
    }
  }

  #failed(picture: Picture, error: unknown): void {
    if (isCancelled(error)) return;
    if (isCrash(error)) {
      // Everything in flight shares the blame; only one that repeats it is given up.
      const crashes = (this.#crashes.get(picture.id) ?? 0) + 1;
      this.#crashes.set(picture.id, crashes);
      if (crashes < MAX_CRASHES) return;
    }
    this.#store.rewrite((session) => removePicture(session, picture.id));
    this.#store.notify({ kind: "error", text: sentence(error, picture.name) });
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
    const pictures = gone.map((picture) => picture.id);
    // A worker that has just crashed has forgotten them already.
    this.#client.call("forget", { pictures }).catch(() => {});
  }
}
