/**
 * The workers that encode pictures: one as soon as there is a model, further ones while more
 * pictures wait than are under way, and again only one once nothing has waited for a while, since
 * WebAssembly memory never shrinks. Which of them encodes a picture changes no number.
 */

import { type CallOptions, Channel, cancelled } from "../../package/src/channel.ts";
import {
  type Encoded,
  type Failure,
  type PictureSource,
  WorkerError,
} from "../../package/src/protocol.ts";
import { Restarts } from "./restarts.ts";

/** Enough to read one picture while another is encoded. */
const PICTURES_IN_FLIGHT = 2;
/** More workers than that did not pay on any machine at hand, and each takes its memory. */
const MOST_ENCODERS = 4;
const LET_GO_AFTER_MS = 20_000;

/** As many as there are cores: the worker with the session is idle while pictures are encoded. */
export function encodersFor(cores: number | undefined): number {
  return Math.max(1, Math.min(MOST_ENCODERS, cores ?? 1));
}

interface Encoder {
  channel: Channel;
  isReady: boolean;
  inFlight: number;
}

type Call = "encode" | "view";
type Arguments = { blob: PictureSource; thumbnail: boolean };

interface Job {
  call: Call;
  args: Arguments;
  options: CallOptions<Call>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Encoders {
  readonly #most: number;
  readonly #module: () => Promise<WebAssembly.Module>;
  readonly #restarts = new Restarts();
  #file: Blob | null = null;
  #all: Encoder[] = [];
  #queue: Job[] = [];
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Called when encoders keep crashing and no further one is started. */
  onHopeless: () => void = () => {};

  constructor(most: number, module: () => Promise<WebAssembly.Module>) {
    this.#most = most;
    this.#module = module;
  }

  /** How many there are at most. */
  get most(): number {
    return this.#most;
  }

  /** How many pictures wait or are under way. */
  get backlog(): number {
    return this.#all.reduce((sum, encoder) => sum + encoder.inFlight, this.#queue.length);
  }

  /** From now on pictures are encoded with the model of `file`. */
  equip(file: Blob): void {
    this.#file = file;
    for (const { channel } of this.#all) void channel.call("equip", { file }).catch(ignore);
    if (this.#all.length === 0) this.#start();
  }

  encode(args: Arguments, options: CallOptions<"encode">): Promise<Encoded> {
    return this.#add("encode", args, options as CallOptions<Call>) as Promise<Encoded>;
  }

  /** What the model sees of a picture. */
  view(blob: PictureSource, options: CallOptions<"view">): Promise<Blob> {
    const args = { blob, thumbnail: false };
    return this.#add("view", args, options as CallOptions<Call>) as Promise<Blob>;
  }

  /** Starts again after all hope was given up. */
  revive(): void {
    this.#restarts.succeeded();
    this.#pump();
  }

  #add(call: Call, args: Arguments, options: CallOptions<Call>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(cancelled());
      const job: Job = { call, args, options, resolve, reject };
      this.#queue.push(job);
      signal?.addEventListener("abort", () => this.#drop(job), { once: true });
      this.#pump();
    });
  }

  /** Takes a job back that no encoder has yet; the others are cancelled by their channel. */
  #drop(job: Job): void {
    const at = this.#queue.indexOf(job);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    job.reject(cancelled());
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const free = this.#all
        .filter((encoder) => encoder.isReady && encoder.inFlight < PICTURES_IN_FLIGHT)
        .sort((a, b) => a.inFlight - b.inFlight)[0];
      if (!free) break;
      const job = this.#queue.shift();
      if (job) void this.#run(free, job);
    }
    const starting = this.#all.some((encoder) => !encoder.isReady);
    if (this.#queue.length > 0 && !starting && this.#all.length < this.#most) this.#start();
    clearTimeout(this.#idleTimer);
    if (this.backlog === 0 && this.#all.length > 1)
      this.#idleTimer = setTimeout(() => this.#letGo(), LET_GO_AFTER_MS);
  }

  async #run(encoder: Encoder, job: Job): Promise<void> {
    encoder.inFlight++;
    try {
      job.resolve(await encoder.channel.call(job.call, job.args, job.options));
      this.#restarts.succeeded();
    } catch (error) {
      job.reject(error);
    } finally {
      encoder.inFlight--;
      this.#pump();
    }
  }

  #start(): void {
    const file = this.#file;
    if (file === null || this.#restarts.isHopeless) return;
    const worker = new Worker(new URL("../worker.ts", import.meta.url), {
      type: "module",
      name: "encoder",
    });
    const encoder = { channel: new Channel(worker), isReady: false, inFlight: 0 };
    encoder.channel.onCrash = (detail) => this.#crashed(encoder, { code: "crashed", detail });
    this.#all.push(encoder);
    void this.#prepare(encoder, file);
  }

  async #prepare(encoder: Encoder, file: Blob): Promise<void> {
    try {
      await encoder.channel.call("start", { module: await this.#module() });
      // The model may have changed meanwhile.
      await encoder.channel.call("equip", { file: this.#file ?? file });
      encoder.isReady = true;
      this.#pump();
    } catch (error) {
      if (error instanceof WorkerError && error.code === "crashed") return;
      const detail = error instanceof Error ? error.message : String(error);
      const code = error instanceof WorkerError ? error.code : "internal";
      encoder.channel.close({ code, detail });
      this.#crashed(encoder, { code, detail });
    }
  }

  /** What it had under way is rejected by its channel; what waits goes to the others. */
  #crashed(encoder: Encoder, failure: Failure): void {
    this.#all = this.#all.filter((other) => other !== encoder);
    this.#restarts.crashed(performance.now());
    if (!this.#restarts.isHopeless || this.#all.length > 0) {
      this.#pump();
      return;
    }
    const lost = this.#queue.splice(0);
    for (const job of lost) job.reject(new WorkerError(failure));
    this.onHopeless();
  }

  #letGo(): void {
    const [first, ...others] = this.#all;
    if (!first || this.backlog > 0) return;
    this.#all = [first];
    for (const { channel } of others) channel.close({ code: "cancelled", detail: "let go" });
  }
}

/** A model that an encoder cannot read is told by the worker with the session. */
function ignore(): void {}
