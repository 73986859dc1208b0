/**
 * Every message between the page and its workers: one union a direction, with
 * the guard that both sides run on what arrives. Nothing else crosses. What the
 * learner itself takes and gives is in `types.ts`.
 */
import type { FailureCode, Pixels } from "./api.ts";
import type {
  Classification as Classified,
  Evaluation,
  EvaluationSpec,
  ModelInfo,
  Occlusion,
  ProjectionMethod,
  ProjectionPoint,
  TaskSpec,
} from "./types.ts";

export * from "./types.ts";

/** A file as it was chosen, so that its EXIF orientation is honoured, a frame of the camera, or pixels. */
export type PictureSource = Blob | ImageBitmap | Pixels;
/** Names one picture for as long as the session refers to it. */
export type PictureId = string;
/** What answers depend on besides the pictures. */
export type AnswerSettings = Omit<TaskSpec, "classes" | "queries">;

export interface Classification extends Classified {
  milliseconds: number;
}

export interface ProjectionFrame {
  /** x and y in turn. */
  coordinates: Float32Array;
  step: number;
  steps: number;
}

/** What an encoder made of a picture. */
export interface Encoded {
  feature: Float32Array<ArrayBuffer>;
  /** A small copy for showing, where one was asked for. */
  thumbnail: Blob | null;
  /** Sides of the original, upright. */
  width: number;
  height: number;
  /** Whether the file ends early, so that a part of the picture is missing. */
  torn: boolean;
  /** Of the model alone, without reading and decoding. */
  milliseconds: number;
}

/** Arguments, result and progress of every call the page can make. */
export interface Calls {
  /** The first call to every worker. */
  start: { args: { module: WebAssembly.Module }; result: null; progress: never };
  /** To the worker that keeps the session. */
  load: { args: { file: Blob }; result: ModelInfo; progress: never };
  put: {
    args: { picture: PictureId; feature: Float32Array<ArrayBuffer> };
    result: null;
    progress: never;
  };
  forget: { args: { pictures: PictureId[] }; result: null; progress: never };
  classify: { args: TaskSpec; result: Classification; progress: never };
  /** The questions whose answer would teach the most, the most doubtful first. */
  nextToLabel: { args: { task: TaskSpec; count: number }; result: PictureId[]; progress: never };
  project: {
    args: { task: TaskSpec; method: ProjectionMethod; steps: number };
    result: null;
    progress: { points: ProjectionPoint[] } | ProjectionFrame;
  };
  occlude: {
    args: { task: TaskSpec; picture: PictureId; blob: PictureSource; classId: string };
    result: Occlusion;
    progress: never;
  };
  evaluate: { args: EvaluationSpec; result: Evaluation; progress: { done: number; total: number } };
  /** `names` is what the examples are called, class by class. */
  exportClassifier: {
    args: { task: TaskSpec; names: string[] };
    result: ArrayBuffer;
    progress: never;
  };
  /** To the workers that encode. */
  equip: { args: { file: Blob }; result: null; progress: never };
  encode: { args: { blob: PictureSource; thumbnail: boolean }; result: Encoded; progress: never };
  view: { args: { blob: PictureSource }; result: Blob; progress: never };
}
export interface Bytes {
  received: number;
  total: number;
}

export type CallName = keyof Calls;

/** What went wrong, in a form the page has a sentence for in each language. */
export type { FailureCode };
export interface Failure {
  code: FailureCode;
  /** The cause in English, from the learner or the browser. */
  detail: string;
  /** What was passed, of those that pass one. */
  limit?: Limit;
}

export interface Limit {
  of: "pixels" | "bytes";
  most: number;
}

export type Request = {
  [C in CallName]: { id: number; call: C; args: Calls[C]["args"] };
}[CallName];
export type ToWorker = Request | { id: number; call: "cancel" };

export type FromWorker =
  | { id: number; type: "progress"; value: unknown }
  | { id: number; type: "done"; value: unknown }
  | { id: number; type: "failed"; failure: Failure };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function isToWorker(value: unknown): value is ToWorker {
  if (!isRecord(value) || typeof value.id !== "number") return false;
  if (value.call === "cancel") return true;
  return typeof value.call === "string" && isRecord(value.args);
}

export function isFromWorker(value: unknown): value is FromWorker {
  if (!isRecord(value) || typeof value.id !== "number") return false;
  return value.type === "failed" ? isRecord(value.failure) : "value" in value;
}

/** An error that carries its code across the boundary. */
export class WorkerError extends Error {
  readonly code: FailureCode;
  readonly limit: Limit | undefined;
  constructor(failure: Failure) {
    super(failure.detail);
    this.name = "WorkerError";
    this.code = failure.code;
    this.limit = failure.limit;
  }
}
