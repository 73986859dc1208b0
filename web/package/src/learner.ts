/**
 * Classes taught by example, in a worker of their own. Features are kept here too, so that a worker
 * that had to be started again gets them back.
 */
import type * as api from "./api.ts";
import { Channel, type WorkerLike } from "./channel.ts";
import type { Class, Example, Settings } from "./classifier.ts";
import { failure, refuse } from "./failures.ts";
import { type Fetch, fileOf, nameOf, pictureOf, quoted } from "./images.ts";
import {
  type Encoded,
  type Failure,
  type ModelInfo,
  type TaskSpec,
  WorkerError,
} from "./protocol.ts";

/** What a browser and Node do each in their own way. */
export interface Host {
  startWorker(): WorkerLike;
  compile(): Promise<WebAssembly.Module>;
  readonly fetch: Fetch;
  /** What pictures can be read here, for who gives another. */
  readonly formats: string;
}

type Feature = Float32Array<ArrayBuffer>;

const CLOSED: Failure = { code: "cancelled", detail: "the learner is closed" };

export class Learner implements api.Learner {
  readonly #host: Host;
  readonly #model: Blob;
  readonly #module: WebAssembly.Module;
  /** Has the model and every feature. */
  #worker: Promise<Channel> | null = null;
  #ready: Channel | null = null;
  #isClosed = false;
  #info!: ModelInfo;
  #settings!: Settings;
  #threshold!: number | null;
  #classes: Class[] = [];
  #lastId = 0;
  #adding: Promise<unknown> = Promise.resolve();

  static async load(
    host: Host,
    source: api.Source,
    options: api.Options = {},
  ): Promise<api.Learner> {
    try {
      const [module, model] = await Promise.all([
        host.compile(),
        fileOf(source, (address) => host.fetch(address, options)),
      ]);
      options.signal?.throwIfAborted();
      const learner = new Learner(host, module, model);
      await learner.#open();
      learner.#set(options);
      return learner;
    } catch (error) {
      const name = quoted(source, "the model");
      if (options.signal?.aborted)
        throw refuse("cancelled", `${name}: its signal ended the loading`);
      throw failure(error, name, host.formats);
    }
  }

  private constructor(host: Host, module: WebAssembly.Module, model: Blob) {
    this.#host = host;
    this.#module = module;
    this.#model = model;
  }

  get classes(): { name: string; examples: number }[] {
    const { classes } = this.#task([]);
    return classes.map(({ name, examples }) => ({ name, examples: examples.length }));
  }

  async add(name: string, image: api.Image): Promise<string> {
    const file = nameOf(image).replace(/^.*[/\\]/, "");
    const example: Example = { id: this.#freeId(), name: file, feature: null };
    const to = this.#classes.find((c) => c.name === name) ?? this.#begin(name);
    // Its place is taken now: the order of asking counts, not that of reading.
    to.examples.push(example);
    const work = this.#about(quoted(image), () => this.#read(image, example));
    this.#adding = Promise.allSettled([this.#adding, work]);
    await work.catch((error) => {
      this.#drop(to, [example]);
      throw error;
    });
    return example.id;
  }

  remove(name: string, example?: string): void {
    const from = this.#classes.find((c) => c.name === name);
    const gone = from?.examples.filter(({ id }) => id === (example ?? id)) ?? [];
    if (!from || gone.length === 0)
      throw refuse("internal", `“${name}” has no such example; there are ${this.#names()}`);
    this.#drop(from, gone);
  }

  classify(image: api.Image): Promise<api.Answer> {
    return this.#about(quoted(image), async () => {
      const encoded = await this.#encode(image);
      await this.#adding;
      return await this.#ask(encoded);
    });
  }

  open(classifier: api.Source): Promise<void> {
    return this.#about(quoted(classifier, "the classifier"), async () => {
      const file = await (await fileOf(classifier, this.#host.fetch)).arrayBuffer();
      // Fetched here, since many pages teach and never open.
      const { readClassifier } = await import("./classifier.ts");
      const { settings, classes } = readClassifier(file, this.#info);
      await this.#adding;
      const worker = await this.#open();
      // From here to the last call nothing waits: a question is of the old classes or of the new.
      this.#forget(this.#examples());
      this.#settings = settings;
      this.#classes = classes;
      await this.#give(worker);
    });
  }

  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#about("the classifier", async () => {
      await this.#adding;
      const worker = await this.#open();
      const names = this.#examples().map(({ id, name }) => name || id);
      const args = { task: this.#task([]), names };
      return new Uint8Array(await worker.call("exportClassifier", args));
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#worker?.then((worker) => worker.close(CLOSED)).catch(() => {});
  }

  /** The worker, a new one if the last has ended. */
  #open(): Promise<Channel> {
    if (this.#isClosed) return Promise.reject(new WorkerError(CLOSED));
    if (this.#worker) return this.#worker;
    const started = this.#start();
    started.catch(() => {
      this.#worker = null;
    });
    this.#worker = started;
    return started;
  }

  async #start(): Promise<Channel> {
    const worker = new Channel(this.#host.startWorker());
    worker.onCrash = () => {
      this.#worker = null;
      this.#ready = null;
    };
    try {
      await worker.call("start", { module: this.#module });
      const file = { file: this.#model };
      [this.#info] = await Promise.all([worker.call("load", file), worker.call("equip", file)]);
      await this.#give(worker);
      this.#ready = worker;
      return worker;
    } catch (error) {
      worker.close(CLOSED);
      throw error;
    }
  }

  #set(options: api.Settings): void {
    const info = this.#info;
    const { head = info.head, threshold = info.rejection } = options;
    const { distance = info.distance, hallucinations = 0, seed = 0 } = options;
    const { temperature = info.temperatures[head] } = options;
    this.#settings = { head, distance, hallucinations, temperature, seed };
    this.#threshold = threshold;
  }

  async #encode(image: api.Image): Promise<Encoded> {
    const blob = await pictureOf(image, this.#host.fetch);
    const worker = await this.#open();
    const transfer = "close" in blob ? { transfer: [blob] } : {};
    return await worker.call("encode", { blob, thumbnail: false }, transfer);
  }

  async #read(image: api.Image, example: Example): Promise<void> {
    const { feature, torn } = await this.#encode(image);
    if (torn) throw new WorkerError({ code: "bad-picture", detail: "its file ends early" });
    await (await this.#open()).call("put", { picture: example.id, feature });
    example.feature = feature;
  }

  async #ask({ feature, torn }: Encoded): Promise<api.Answer> {
    const worker = await this.#open();
    // From here to the last call nothing waits: all that it names is there, and nothing else is
    // called what this question is.
    const picture = this.#freeId();
    const task = this.#task([picture]);
    const { classes } = task;
    if (classes.length < 2)
      throw refuse("too-few", `two classes are needed, there are ${this.#names()}: add examples`);
    const put = worker.call("put", { picture, feature });
    // By itself: there is no other that it could be looked at with.
    const asked = worker.call("classify", { ...task, context: "inductive" });
    this.#forget([{ id: picture }]);
    const [answer] = await Promise.all([asked, put]);
    const [{ probabilities = [], rejectionScore: novelty = 0 } = {}] = answer.queries;
    const isNone = this.#threshold !== null && novelty > this.#threshold;
    const best = classes[probabilities.indexOf(Math.max(...probabilities))];
    return {
      label: isNone || !best ? null : best.name,
      // The answer has those with examples, in their order, and so has the task.
      probabilities: Object.fromEntries(classes.map((c, i) => [c.name, probabilities[i] ?? 0])),
      novelty,
      torn,
    };
  }

  #task(queries: string[]): TaskSpec {
    const classes = this.#classes.map((c) => ({
      ...c,
      examples: c.examples.filter(isRead).map(({ id }) => id),
    }));
    const taught = classes.filter(({ examples }) => examples.length > 0);
    return { head: "prototype", context: "inductive", ...this.#settings, classes: taught, queries };
  }

  #examples(): (Example & { feature: Feature })[] {
    return this.#classes.flatMap(({ examples }) => examples.filter(isRead));
  }

  /** Every feature, to a worker that is new or knew other classes. */
  async #give(worker: Channel): Promise<void> {
    const put = ({ id, feature }: { id: string; feature: Feature }) =>
      worker.call("put", { picture: id, feature });
    await Promise.all(this.#examples().map(put));
  }

  #begin(name: string): Class {
    const begun = { id: this.#freeId(name), name, examples: [] };
    this.#classes.push(begun);
    return begun;
  }

  #drop(from: Class, gone: readonly Example[]): void {
    from.examples = from.examples.filter((example) => !gone.includes(example));
    this.#classes = this.#classes.filter((c) => c !== from || c.examples.length > 0);
    this.#forget(gone);
  }

  #forget(examples: readonly { id: string }[]): void {
    const pictures = examples.map(({ id }) => id);
    // At once, before others of the same names come; a worker that has ended knows none.
    this.#ready?.call("forget", { pictures }).catch(() => {});
  }

  async #about<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw failure(error, what, this.#host.formats);
    }
  }

  #names(): string {
    return this.#classes.map(({ name }) => `“${name}”`).join(", ") || "none";
  }

  /** Names a picture or class as no other is, from whatever file that may be. */
  #freeId(wanted?: string): string {
    const taken = this.#classes.flatMap((c) => [c.id, ...c.examples.map(({ id }) => id)]);
    let id = wanted;
    while (id === undefined || taken.includes(id)) id = String(++this.#lastId);
    return id;
  }
}

function isRead(example: Example): example is Example & { feature: Feature } {
  return example.feature !== null;
}
