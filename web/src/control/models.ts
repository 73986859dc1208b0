/** Which model is in the worker: the one the session names, fetched or opened by the person. */
import type { Client } from "../client.ts";
import type { Bytes, ModelSource } from "../protocol.ts";
import { type ModelEntry, readManifest } from "../state/models.ts";
import type { Session } from "../state/session.ts";
import type { Store } from "../state/store.ts";
import { t } from "../strings/index.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";
import type { Library } from "./library.ts";

/** What the ids of a person's own models begin with. */
const OWN = "own:";

export class Models {
  readonly #store: Store;
  readonly #client: Client;
  readonly #library: Library;
  /** Files that the person opened, by the id of their entry. */
  readonly #own = new Map<string, ArrayBuffer>();
  #wanted: string | null = null;
  #load = new AbortController();
  /** Called when a model has arrived and everything is to be computed again. */
  onReady: () => void = () => {};

  constructor(store: Store, client: Client, library: Library) {
    this.#store = store;
    this.#client = client;
    this.#library = library;
    store.subscribe(() => this.#follow());
  }

  /** Reads the manifest and picks the default, unless a session or a link has chosen already. */
  async start(preferred: string | null): Promise<void> {
    this.#store.models = [...(await this.#manifest()), ...this.#store.models];
    const { models } = this.#store;
    const named = models.find((m) => m.id === (preferred ?? this.#store.session.modelId));
    const first = named ?? models.find((m) => m.isDefault) ?? models[0];
    if (first) this.#store.rewrite((s) => (known(s, models) ? s : { ...s, modelId: first.id }));
    else this.#store.model = { phase: "failed", entry: null, sentence: t.modelNone };
    if (named && preferred) this.#store.rewrite((s) => ({ ...s, modelId: named.id }));
    this.#store.changed();
  }

  async #manifest(): Promise<ModelEntry[]> {
    try {
      const response = await fetch(new URL("weights/manifest.json", document.baseURI));
      return response.ok ? readManifest(await response.json(), document.baseURI) : [];
    } catch {
      return [];
    }
  }

  choose(id: string): void {
    const { session } = this.#store;
    if (session.modelId !== id) this.#store.change({ ...session, modelId: id }, t.actions.model);
  }

  /** Tries a model file of the person's own; the present one stays where it is no model. */
  open(name: string, bytes: ArrayBuffer): void {
    const id = `${OWN}${name}`;
    this.restore(new Map([[id, bytes]]));
    if (this.#store.session.modelId === id) this.#wanted = null;
    else this.choose(id);
    this.#store.changed();
  }

  /** Lists model files of the person's own, by the ids of their entries. */
  restore(files: ReadonlyMap<string, ArrayBuffer>): void {
    for (const [id, bytes] of files) {
      const file = id.slice(OWN.length);
      const title = file.replace(/\.safetensors$/, "");
      const entry = { id, title, url: null, file, bytes: bytes.byteLength };
      this.#own.set(id, bytes);
      const others = this.#store.models.filter((m) => m.id !== id);
      this.#store.models = [...others, { ...entry, data: null, score: null, isDefault: false }];
    }
  }

  ownFiles(): ReadonlyMap<string, ArrayBuffer> {
    return this.#own;
  }

  /** Loads the present model again: after a failure, or into a fresh worker. */
  again(): void {
    this.#wanted = null;
    this.#store.changed();
  }

  #follow(): void {
    const id = this.#store.session.modelId;
    if (id === this.#wanted || id === "") return;
    const entry = this.#store.models.find((m) => m.id === id);
    if (!entry) return;
    this.#wanted = id;
    void this.#start(entry);
  }

  async #start(entry: ModelEntry): Promise<void> {
    const before = this.#store.model.phase === "ready" ? this.#store.model : null;
    this.#load.abort();
    this.#load = new AbortController();
    const { signal } = this.#load;
    this.#library.stop();
    this.#store.model = { phase: "loading", entry, bytes: null };
    this.#store.changed();
    try {
      const info = await this.#client.call("load", this.#source(entry), {
        signal,
        onProgress: (bytes) => this.#progress(entry, bytes),
      });
      this.#store.model = { phase: "ready", entry, info };
      this.onReady();
      this.#library.embedAll();
      this.#store.announcement = t.modelReady(entry.title);
      this.#store.changed();
    } catch (error) {
      if (isCancelled(error) || isCrash(error)) return;
      this.#failed(entry, before?.entry ?? null, error);
    }
  }

  #source(entry: ModelEntry): ModelSource {
    if (entry.url !== null) {
      return entry.bytes > 0 ? { url: entry.url, sizeBytes: entry.bytes } : { url: entry.url };
    }
    return { bytes: this.#own.get(entry.id) ?? new ArrayBuffer(0) };
  }

  #progress(entry: ModelEntry, bytes: Bytes): void {
    this.#store.model = { phase: "loading", entry, bytes };
    this.#store.changed();
  }

  #failed(entry: ModelEntry, before: ModelEntry | null, error: unknown): void {
    const text = sentence(error, entry.file);
    if (entry.url === null) {
      this.#own.delete(entry.id);
      this.#store.models = this.#store.models.filter((m) => m.id !== entry.id);
    }
    this.#store.notify({ kind: "error", text });
    this.#store.model = { phase: "failed", entry, sentence: text };
    // Back to what worked: nothing loaded is lost to a bad file.
    if (before && before.id !== entry.id) {
      const back = (s: Session) => (s.modelId === entry.id ? { ...s, modelId: before.id } : s);
      this.#store.rewrite(back);
    }
    this.#store.changed();
  }
}

function known(session: Session, models: readonly ModelEntry[]): boolean {
  return models.some((model) => model.id === session.modelId);
}
