/** The page's parts, wired: store, worker, and what keeps the one up to date with the other. */
import { Client } from "./client.ts";
import { Actions, type Target } from "./control/actions.ts";
import { Classifier } from "./control/classify.ts";
import { Library } from "./control/library.ts";
import { Models } from "./control/models.ts";
import { Projector } from "./control/project.ts";
import { Samples } from "./control/samples.ts";
import { type Found, sort } from "./input/files.ts";
import { Store } from "./state/store.ts";
import { t } from "./strings/index.ts";

export class App {
  readonly store = new Store();
  readonly client = new Client();
  readonly library = new Library(this.store, this.client);
  readonly models = new Models(this.store, this.client, this.library);
  readonly samples = new Samples(this.store, this.library);
  readonly actions = new Actions(this.store, this.library);
  readonly classifier = new Classifier(this.store, this.client);
  readonly projector = new Projector(this.store, this.client);

  constructor() {
    this.client.onRestart = () => {
      this.#recompute();
      this.models.again();
    };
    this.models.onReady = () => this.#recompute();
  }

  #recompute(): void {
    this.classifier.reset();
    this.projector.reset();
  }

  /** Takes in whatever was dropped or chosen; loose pictures go to `target`. */
  async take(found: readonly Found[], target: Target): Promise<void> {
    const { groups, models, sessions } = sort(found);
    const [model] = models;
    if (model) await this.models.open(model.name, await model.arrayBuffer());
    const loose = groups.get(null) ?? [];
    const folders = new Map([...groups].flatMap(([name, files]) => (name ? [[name, files]] : [])));
    // One folder dropped onto a class or the questions is only a way to bring pictures.
    const single = folders.size === 1 && target.kind !== "new";
    if (single) loose.push(...[...folders.values()].flat());
    else if (folders.size > 0) this.actions.addFolders(folders);
    this.actions.addPictures(
      loose.map((file) => ({ name: file.name, blob: file })),
      target,
    );
    if (groups.size === 0 && models.length === 0 && sessions.length === 0)
      this.store.notify({ kind: "error", text: t.noPictures });
  }

  /** Where pictures go that were dropped or pasted nowhere in particular. */
  defaultTarget(): Target {
    const withPictures = this.store.session.classes.filter((c) => c.pictures.length > 0);
    if (withPictures.length >= 2) return { kind: "queries" };
    const empty = this.store.session.classes.find((c) => c.pictures.length === 0);
    return empty ? { kind: "class", id: empty.id } : { kind: "new" };
  }
}
