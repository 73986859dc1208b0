/** Which model is in the worker: the one the session names, fetched or opened by the person. */

import { crc32 } from "../../package/src/crc32.ts";
import { download } from "../../package/src/download.ts";
import { type Bytes, WorkerError } from "../../package/src/protocol.ts";
import type { Client } from "../client.ts";
import { isSlow } from "../input/connection.ts";
import { firstModel, type ModelEntry, readManifest, titleOfFile } from "../state/models.ts";
import type { Session } from "../state/session.ts";
import type { Store } from "../state/store.ts";
import { OWN } from "../storage/file.ts";
import { formatBytes, t } from "../strings/index.ts";
import { isCancelled, isCrash, sentence } from "./failures.ts";
import type { Library } from "./library.ts";

export class Models {
  readonly #store: Store;
  readonly #client: Client;
  readonly #library: Library;
  /** Files that the person opened, by the id of their entry. */
  readonly #own = new Map<string, ArrayBuffer>();
  #fetched: { readonly url: string; readonly file: Blob } | null = null;
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
    const usual = firstModel(models, false);
    const first = named ?? firstModel(models, isSlow());
    this.#store.usualModel = first?.id ?? "";
    if (!named && first && usual && first !== usual) this.#offer(first, usual);
    if (first) this.#store.rewrite((s) => (known(s, models) ? s : { ...s, modelId: first.id }));
    else this.#store.model = { phase: "failed", entry: null, sentence: t.modelNone };
    if (named && preferred) this.#store.rewrite((s) => ({ ...s, modelId: named.id }));
    this.#store.changed();
  }

  /** What a slow connection was spared, for who wants it nevertheless. */
  #offer(first: ModelEntry, usual: ModelEntry): void {
    const run = () => {
      this.#store.usualModel = usual.id;
      this.choose(usual.id);
    };
    this.#store.notify({
      kind: "info",
      text: t.lighterModel(titleOf(first), titleOf(usual), formatBytes(usual.bytes)),
      action: { label: t.fetchModel, run },
      stays: true,
    });
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
    if (isClassifier(bytes)) {
      this.#store.notify({ kind: "error", text: t.isClassifier(name) });
      return;
    }
    const id = ownId(name, bytes);
    this.restore(new Map([[id, bytes]]));
    if (this.#store.session.modelId === id) this.#wanted = null;
    else this.choose(id);
    this.#store.changed();
  }

  /**
   * Lists the models of a session that was opened; returns their ids by those that the session
   * has for them. A file's ids may claim anything: what counts here is the content.
   */
  adopt(files: ReadonlyMap<string, ArrayBuffer>): ReadonlyMap<string, string> {
    const ids = new Map([...files].map(([id, bytes]) => [id, ownId(nameOf(id), bytes)]));
    this.restore(new Map([...files].map(([id, bytes]) => [ids.get(id) ?? id, bytes])));
    return ids;
  }

  /** Lists model files of the person's own, by the ids of their entries. */
  restore(files: ReadonlyMap<string, ArrayBuffer>): void {
    for (const [id, bytes] of files) {
      const file = nameOf(id);
      const title = this.#freeTitle(titleOfFile(file, bytes), id);
      const entry = { id, title, url: null, file, bytes: bytes.byteLength };
      this.#own.set(id, bytes);
      const others = this.#store.models.filter((m) => m.id !== id);
      this.#store.models = [...others, { ...entry, data: null, score: null, isDefault: false }];
    }
  }

  /** Two files of one name are two models, and are told apart. */
  #freeTitle(title: string, id: string): string {
    const taken = new Set(this.#store.models.filter((m) => m.id !== id).map((m) => m.title));
    let free = title;
    for (let n = 2; taken.has(free); n++) free = `${title} (${n})`;
    return free;
  }

  /** The file of the model that is loaded. */
  async present(): Promise<{ file: Blob; url: string | null }> {
    const { model } = this.#store;
    if (model.phase !== "ready") throw new WorkerError({ code: "no-model", detail: "not loaded" });
    const file = await this.#file(model.entry, this.#load.signal);
    return { file, url: model.entry.url };
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
    // One that was still on its way counts too: nobody is left without a model by a bad file.
    const { model } = this.#store;
    const before = model.phase === "ready" || model.phase === "loading" ? model.entry : null;
    this.#load.abort();
    this.#load = new AbortController();
    const { signal } = this.#load;
    this.#library.stop();
    this.#store.model = { phase: "loading", entry, bytes: null };
    this.#store.changed();
    try {
      const file = await this.#file(entry, signal);
      signal.throwIfAborted();
      const info = await this.#client.load(file, { signal });
      this.#store.model = { phase: "ready", entry, info };
      this.onReady();
      this.#library.embedAll();
      this.#store.announcement = t.modelReady(titleOf(entry));
      this.#store.changed();
    } catch (error) {
      if (signal.aborted || isCancelled(error) || isCrash(error)) return;
      this.#failed(entry, before, error);
    }
  }

  /** The bytes of a model: of the one fetched last they are still here. */
  async #file(entry: ModelEntry, signal: AbortSignal): Promise<Blob> {
    if (entry.url === null) return new Blob([this.#own.get(entry.id) ?? new ArrayBuffer(0)]);
    if (this.#fetched?.url === entry.url) return this.#fetched.file;
    const size = entry.bytes > 0 ? entry.bytes : undefined;
    const progress = (bytes: Bytes) => this.#progress(entry, bytes);
    const file = await download(entry.url, size, signal, progress);
    this.#fetched = { url: entry.url, file };
    return file;
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

/** Whether a file is what the page exports: its first bytes, a header in JSON, say so. */
function isClassifier(bytes: ArrayBuffer): boolean {
  const head = new Uint8Array(bytes, 0, Math.min(bytes.byteLength, 4096));
  return new TextDecoder().decode(head).includes('"fewshot.classifier"');
}

/** By content, so that another file of the same name is another model. */
function ownId(name: string, bytes: ArrayBuffer): string {
  const digest = crc32(new Uint8Array(bytes)).toString(16).padStart(8, "0");
  return `${OWN}${digest}-${bytes.byteLength}:${name}`;
}

/** The file's name; ids were once nothing else. */
function nameOf(id: string): string {
  return id.slice(OWN.length).replace(/^[0-9a-f]{8}-\d+:/, "");
}

function known(session: Session, models: readonly ModelEntry[]): boolean {
  return models.some((model) => model.id === session.modelId);
}

/** What a person calls a model: in their language where the page knows it. */
export function titleOf({ id, title }: ModelEntry): string {
  return t.modelWords[id]?.title ?? title;
}
