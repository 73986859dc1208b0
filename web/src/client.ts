/**
 * The page's end of its workers: one keeps the session, others encode pictures, and a feature goes
 * from these to that. It knows nothing of what is shown: whoever owns the state loads the model
 * again when `onRestart` says so.
 */
import { type CallOptions, Channel } from "../package/src/channel.ts";
import { fetchModule, type ModuleKind, moduleKind } from "../package/src/module.ts";
import type {
  CallName,
  Calls,
  Encoded,
  ModelInfo,
  PictureId,
  PictureSource,
} from "../package/src/protocol.ts";
import { Encoders, encodersFor } from "./client/encoders.ts";
import { Restarts } from "./client/restarts.ts";

export type Embedded = Omit<Encoded, "feature">;

export class Client {
  readonly moduleKind: ModuleKind = wantedModule();
  readonly #encoders = new Encoders(wantedEncoders(), () => this.#module());
  readonly #restarts = new Restarts();
  #compiled: Promise<WebAssembly.Module> | null = null;
  #session: Promise<Channel> | null = null;
  /** Called after a crash of the session's worker: the next call finds an empty one. */
  onRestart: () => void = () => {};
  /** Called when a worker keeps crashing and is not started again. */
  onHopeless: () => void = () => {};

  constructor() {
    this.#encoders.onHopeless = () => this.onHopeless();
    // Fetched and started while the page is drawn; a failure is told by the call that needs it.
    this.#open().catch(() => {});
  }

  /** How many pictures wait or are under way. */
  get backlog(): number {
    return this.#encoders.backlog;
  }

  /** How many workers encode at most. */
  get encoders(): number {
    return this.#encoders.most;
  }

  /** Calls the worker with the session. */
  async call<C extends CallName>(
    call: C,
    args: Calls[C]["args"],
    options: CallOptions<C> = {},
  ): Promise<Calls[C]["result"]> {
    const channel = await this.#open();
    return channel.call(call, args, options);
  }

  /** Gives every worker the model; what they knew of another one is forgotten. */
  load(file: Blob, options: CallOptions<"load">): Promise<ModelInfo> {
    this.#encoders.equip(file);
    return this.call("load", { file }, options);
  }

  /** Encodes a picture and keeps its feature with the session, under its name. */
  async embed(
    picture: PictureId,
    args: Calls["encode"]["args"],
    options: CallOptions<"encode"> = {},
  ): Promise<Embedded> {
    const { feature, ...embedded } = await this.#encoders.encode(args, options);
    const { signal } = options;
    const transfer = [feature.buffer];
    await this.call("put", { picture, feature }, signal ? { signal, transfer } : { transfer });
    return embedded;
  }

  /** What the model sees of a picture, as PNG. */
  view(blob: PictureSource): Promise<Blob> {
    return this.#encoders.view(blob, {});
  }

  /** Starts again what was given up. */
  revive(): void {
    this.#restarts.succeeded();
    this.#encoders.revive();
  }

  #module(): Promise<WebAssembly.Module> {
    const compiled = this.#compiled ?? fetchModule(this.moduleKind);
    this.#compiled = compiled;
    // What could not be fetched is fetched again by the next that asks.
    compiled.catch(() => {
      if (this.#compiled === compiled) this.#compiled = null;
    });
    return compiled;
  }

  #open(): Promise<Channel> {
    const opened = this.#session ?? this.#start();
    this.#session = opened;
    opened.catch(() => {
      if (this.#session === opened) this.#session = null;
    });
    return opened;
  }

  async #start(): Promise<Channel> {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "session",
    });
    const channel = new Channel(worker);
    channel.onCrash = () => this.#crashed();
    try {
      await channel.call("start", { module: await this.#module() });
      return channel;
    } catch (error) {
      channel.close({ code: "cancelled", detail: "not started" });
      throw error;
    }
  }

  #crashed(): void {
    this.#session = null;
    this.#restarts.crashed(performance.now());
    if (this.#restarts.isHopeless) this.onHopeless();
    else this.onRestart();
  }
}

/** `?module=simd` in the address takes the one that every browser runs, to compare the two. */
function wantedModule(): ModuleKind {
  return new URLSearchParams(location.search).get("module") === "simd" ? "simd" : moduleKind();
}

/** `?encoders=1` in the address says how many, to compare. */
function wantedEncoders(): number {
  const wanted = Number(new URLSearchParams(location.search).get("encoders"));
  return encodersFor(wanted >= 1 ? Math.round(wanted) : navigator.hardwareConcurrency);
}
