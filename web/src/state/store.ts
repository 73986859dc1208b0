/**
 * All that the page shows: the history of sessions, the pictures they name,
 * the model, the newest answers, and what there is to say. Views subscribe;
 * whatever changes it is in `control/`.
 */
import type {
  Bytes,
  Classification,
  ModelInfo,
  PictureId,
  ProjectionMethod,
  ProjectionPoint,
} from "../../package/src/protocol.ts";
import { type History, record, redo, rewrite, startHistory, undo } from "./history.ts";
import type { ModelEntry } from "./models.ts";
import type { Sample } from "./samples.ts";
import { emptySession, type Session } from "./session.ts";

export interface Picture {
  readonly id: PictureId;
  readonly name: string;
  /** The page's own copy once `isOwned`: a file of the person's may be moved. */
  blob: Blob;
  isOwned: boolean;
  /** As large as `blob`, which thousands of cards would ask again and again. */
  readonly bytes: number;
  /** Shows the picture as it is. */
  url: string;
  /** Shows what the model sees, once that was asked for. */
  viewUrl: string | null;
  /** Shows a small copy of a large file; null until that is there. */
  small: string | null;
  width: number;
  height: number;
  /** Whether its file ends early: the rest of it was not seen. */
  torn: boolean;
  /** Whether it has been read before: then nothing takes it away but the person. */
  wasRead: boolean;
  /** Whether the session's worker has its feature. */
  ready: boolean;
  /** Why it has none, where one model could read it and this one cannot. */
  problem: string | null;
}

/** Above this a file is likely a photograph of millions of pixels. */
const SMALL_BYTES = 400_000;

export function isLarge({ bytes }: Pick<Picture, "bytes">): boolean {
  return bytes > SMALL_BYTES;
}

/**
 * What a card shows: a small file as it is, a small copy of a large one, so that
 * two hundred photographs are not held decoded. Null until that is there.
 */
export function thumbnailUrl(picture: Picture | undefined): string | null {
  if (!picture) return null;
  return isLarge(picture) ? picture.small : picture.url;
}

export type ModelState =
  | { phase: "none" }
  | { phase: "loading"; entry: ModelEntry; bytes: Bytes | null }
  | { phase: "ready"; entry: ModelEntry; info: ModelInfo }
  | { phase: "failed"; entry: ModelEntry | null; sentence: string };

export interface Projection {
  readonly method: ProjectionMethod;
  readonly points: readonly ProjectionPoint[];
  coordinates: Float32Array;
}

export interface Notice {
  readonly id: number;
  readonly kind: "error" | "info";
  readonly text: string;
  /** Does not go by itself. */
  readonly stays?: boolean;
  readonly action?: { readonly label: string; run(): void };
  /** What it is about one by one, shown on demand. */
  readonly names?: readonly string[];
}

export class Store {
  history: History<Session> = startHistory(emptySession(""));
  readonly pictures = new Map<PictureId, Picture>();
  models: readonly ModelEntry[] = [];
  samples: readonly Sample[] = [];
  /** The model that this visit began with: what a sample takes that needs no other. */
  usualModel = "";
  model: ModelState = { phase: "none" };
  classification: Classification | null = null;
  /** Questions whose answer would teach the most, in their order; empty while nobody asks for them. */
  suggested: readonly PictureId[] = [];
  projection: Projection | null = null;
  method: ProjectionMethod = "tsne";
  notices: readonly Notice[] = [];
  /** Milliseconds that models take for a picture on this device, by their ids, once measured. */
  readonly speeds = new Map<string, number>();
  /** What a screen reader is told, politely. */
  announcement = "";
  #listeners = new Set<() => void>();
  #scheduled = false;
  #nextNotice = 1;

  get session(): Session {
    return this.history.present;
  }

  get info(): ModelInfo | null {
    return this.model.phase === "ready" ? this.model.info : null;
  }

  /** A step that undo takes back. */
  change(next: Session, label: string, mergeKey: string | null = null): void {
    this.history = record(this.history, next, label, performance.now(), mergeKey);
    this.changed();
  }

  /** A change that undo leaves alone. */
  rewrite(change: (session: Session) => Session): void {
    this.history = rewrite(this.history, change);
    this.changed();
  }

  /** Takes the last step back; returns what it was, or null. */
  undo(): string | null {
    const label = this.history.past.at(-1)?.label ?? null;
    this.history = undo(this.history);
    this.changed();
    return label;
  }

  redo(): string | null {
    const label = this.history.future[0]?.label ?? null;
    this.history = redo(this.history);
    this.changed();
    return label;
  }

  notify(notice: Omit<Notice, "id">): number {
    const id = this.#nextNotice++;
    // The same sentence twice is not shown twice.
    const others = this.notices.filter((n) => n.text !== notice.text);
    this.notices = [...others, { ...notice, id }];
    this.changed();
    return id;
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((n) => n.id !== id);
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all listeners, once a frame at most; at once enough where nothing is drawn. */
  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    };
    if (document.hidden) setTimeout(run);
    else requestAnimationFrame(run);
  }
}

export function isReady(store: Store): (picture: PictureId) => boolean {
  return (id) => store.pictures.get(id)?.ready === true;
}
