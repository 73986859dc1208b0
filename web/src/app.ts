/** The page's parts, wired: store, worker, and what keeps the one up to date with the other. */
import { Client } from "./client.ts";
import { Actions, type Target } from "./control/actions.ts";
import { Classifier } from "./control/classify.ts";
import { Keeper } from "./control/keep.ts";
import { Library } from "./control/library.ts";
import { Models } from "./control/models.ts";
import { Projector } from "./control/project.ts";
import { Samples } from "./control/samples.ts";
import { Suggester } from "./control/suggest.ts";
import { type Found, SESSION_INDEX, sort } from "./input/files.ts";
import type { Link } from "./state/link.ts";
import { withSettings } from "./state/session.ts";
import { Store } from "./state/store.ts";
import { t } from "./strings/index.ts";

/** The least module with a SIMD instruction: browsers without it cannot run the learner. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

export class App {
  readonly store = new Store();
  readonly client = new Client();
  readonly library = new Library(this.store, this.client);
  readonly models = new Models(this.store, this.client, this.library);
  readonly samples = new Samples(this.store, this.library);
  readonly keeper = new Keeper(this.store, this.library, this.models);
  readonly actions = new Actions(this.store, this.library);
  readonly classifier = new Classifier(this.store, this.client, this.library);
  readonly suggester = new Suggester(this.store, this.client, this.library);
  readonly projector = new Projector(this.store, this.client, this.library);

  constructor() {
    this.client.onRestart = () => {
      this.#recompute();
      this.models.again();
    };
    this.client.onHopeless = () => this.#giveUp();
    this.models.onReady = () => this.#recompute();
  }

  /** Brings back what was kept, then what the link asks for. */
  async start(link: Link): Promise<void> {
    if (!WebAssembly.validate(SIMD)) this.store.notify({ kind: "error", text: t.tooOld });
    const restored = this.keeper.start();
    const listed = this.samples.start(restored);
    await restored;
    await Promise.all([listed, this.models.start(link.model)]);
    const sample = this.store.samples.find((s) => s.id === link.sample);
    // A session that began as this sample may have grown since: it stays.
    if (sample && this.store.session.sample !== sample.id) await this.samples.load(sample);
    this.store.rewrite((session) => withSettings(session, link.settings));
    // What follows is the session's: a reload shall not go back to the link.
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }

  /** Says that the learner does not start any more, with a button that tries it. */
  #giveUp(): void {
    const run = () => {
      this.client.revive();
      this.#recompute();
      this.models.again();
    };
    this.store.notify({
      kind: "error",
      text: t.hopeless,
      action: { label: t.retry, run },
      stays: true,
    });
  }

  #recompute(): void {
    this.classifier.reset();
    this.projector.reset();
  }

  /** Takes in whatever was dropped or chosen; loose pictures go to `target`. */
  async take(found: readonly Found[], target: Target): Promise<void> {
    const { groups, beside, models, archives, session } = sort(found);
    const [model] = models;
    if (model) this.models.open(model.name, await model.arrayBuffer());
    const [archive] = archives;
    if (groups.size > 0 || archive || session.size > 0) this.keeper.hold();
    if (archive) await this.#open(archive);
    else if (session.size > 0) await this.keeper.open(SESSION_INDEX, session);
    const loose = groups.get(null) ?? [];
    const folders = new Map([...groups].flatMap(([name, files]) => (name ? [[name, files]] : [])));
    // One folder dropped onto a class or the questions is only a way to bring pictures.
    const isWhole = target.kind === "queries" && target.whole === true;
    const single = isWhole || (folders.size === 1 && target.kind !== "new");
    if (single) loose.push(...[...folders.values()].flat(), ...beside);
    else if (folders.size > 0) this.actions.addFolders(folders);
    if (!single) this.tellBeside(beside);
    this.actions.addPictures(
      loose.map((file) => ({ name: file.name, blob: file })),
      target,
    );
    if (groups.size === 0 && models.length === 0 && !archive && session.size === 0)
      this.store.notify({ kind: "error", text: t.noPictures });
  }

  async #open(archive: File): Promise<void> {
    // Only who opens a file needs it.
    const unzip = await import("./storage/unzip.ts").catch(() => null);
    if (unzip) await this.keeper.open(archive.name, await unzip.readZip(archive));
    else this.store.notify({ kind: "error", text: t.cannotOpen(archive.name) });
  }

  /** Names the pictures that belong to no class folder, where there are any. */
  tellBeside(files: readonly File[]): void {
    if (files.length === 0) return;
    const names = files.map((file) => file.name);
    this.store.notify({ kind: "info", text: t.beside(names.length), names, stays: true });
  }

  /** Where pictures go that were dropped or pasted nowhere in particular. */
  defaultTarget(): Target {
    const withPictures = this.store.session.classes.filter((c) => c.pictures.length > 0);
    if (withPictures.length >= 2) return { kind: "queries" };
    const empty = this.store.session.classes.find((c) => c.pictures.length === 0);
    return empty ? { kind: "class", id: empty.id } : { kind: "new" };
  }
}
