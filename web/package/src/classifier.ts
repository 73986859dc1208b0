/**
 * The file of a taught classifier, as `model/src/classifier/file.rs` writes it: safetensors with a
 * table of features for each class, the rest as JSON in the metadata, and a checksum over both.
 */
import { crc32 } from "./crc32.ts";
import { type Context, type Head, type ModelInfo, type TaskSpec, WorkerError } from "./protocol.ts";

const KEY = "fewshot.classifier";
const SUM = "fewshot.checksum";
/** The newest that is read. */
const VERSION = 1;

export interface Example {
  readonly id: string;
  /** What people call the picture. */
  readonly name: string;
  /** Null while the picture is being read. */
  feature: Float32Array<ArrayBuffer> | null;
}

export interface Class {
  /** What is imagined for a class depends on it. */
  readonly id: string;
  readonly name: string;
  examples: Example[];
}

export type Settings = Omit<TaskSpec, "classes" | "queries" | "head" | "context"> & {
  /** Files from before there was a choice mean class means, … */
  head?: Head;
  /** … and each question by itself. */
  context?: Context;
};

interface Description {
  version: number;
  model: string;
  settings: Settings;
  classes: { id: string; name: string; examples: string[]; pictures?: string[] }[];
}

interface Tensor {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

type Model = Pick<ModelInfo, "fingerprint" | "featureDim">;

interface Taught {
  settings: Settings;
  classes: Class[];
}

/** Throws what is wrong with a file that is none, or not whole, or of another model. */
export function readClassifier(file: ArrayBuffer, model: Model): Taught {
  try {
    return read(file, model);
  } catch (error) {
    throw error instanceof WorkerError
      ? error
      : bad("it is no .safetensors file, or not all of it");
  }
}

function read(file: ArrayBuffer, { fingerprint, featureDim }: Model): Taught {
  const { metadata, tensors } = readSafetensors(file);
  const json = metadata[KEY];
  if (json === undefined) throw bad("it holds no taught classifier");
  const { version, model, settings, classes } = JSON.parse(json) as Description;
  if (version > VERSION) throw bad(`it is of version ${version}, and ${VERSION} can be read`);
  const sum = metadata[SUM];
  if (sum !== undefined && sum !== checksum(metadata, tensors))
    throw bad("it is damaged: its checksum is another");
  if (model !== fingerprint)
    throw bad(`it was taught over another model (${model}, not ${fingerprint})`);
  const names = new Set<string>();
  const known = classes.map(({ id, name, examples, pictures = examples }, i) => ({
    id,
    name: free(name, names),
    examples: rows(tensors.get(`class.${i}`), examples.length, featureDim).map((feature, row) => {
      const id = examples[row] ?? "";
      return { id, name: pictures[row] ?? id, feature };
    }),
  }));
  return { settings, classes: known };
}

function bad(why: string): WorkerError {
  return new WorkerError({ code: "bad-model", detail: why });
}

/** The page lets two classes be called the same; here a class is known by its name. */
function free(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name} (${n})`;
  taken.add(free);
  return free;
}

interface Stored extends Tensor {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Safetensors {
  readonly metadata: Record<string, string>;
  readonly tensors: Map<string, Stored>;
}

function readSafetensors(file: ArrayBuffer): Safetensors {
  const start = 8 + Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, start - 8)));
  const { __metadata__: metadata = {}, ...tensors } = header;
  const stored = Object.entries(tensors as Record<string, Tensor>).map(([name, tensor]) => {
    const [from, to] = tensor.data_offsets;
    // Copied: a file's tables may begin anywhere, numbers may not.
    const bytes = new Uint8Array(file.slice(start + from, start + to));
    return [name, { ...tensor, bytes }] as const;
  });
  return { metadata, tensors: new Map(stored) };
}

function rows(table: Stored | undefined, count: number, dim: number): Float32Array<ArrayBuffer>[] {
  if (count === 0) return [];
  if (
    table?.dtype !== "F32" ||
    `${table.shape}` !== `${count},${dim}` ||
    table.bytes.length !== 4 * count * dim
  )
    throw bad(`a class has no table of ${count} features of ${dim} numbers`);
  const values = new Float32Array(table.bytes.buffer);
  return Array.from({ length: count }, (_, i) => values.slice(dim * i, dim * (i + 1)));
}

/** Of everything but the checksum itself, whatever the file's order: `model/src/sealed.rs`. */
function checksum(metadata: Record<string, string>, tensors: Safetensors["tensors"]): string {
  const utf8 = new TextEncoder();
  let sum = 0;
  const add = (...parts: Uint8Array[]) => {
    sum = (sum + crc32(...parts.flatMap((part) => [lengths(part.length), part]))) >>> 0;
  };
  for (const [key, value] of Object.entries(metadata))
    if (key !== SUM) add(utf8.encode(key), utf8.encode(value));
  // Every tensor of such a file is of 32 bits; another has failed before any row is read.
  for (const [name, { shape, bytes }] of tensors)
    add(utf8.encode(name), Uint8Array.of(32), lengths(...shape), bytes);
  return sum.toString(16).padStart(8, "0");
}

/** Each as 64 bits, the lowest first. */
function lengths(...values: number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
}
