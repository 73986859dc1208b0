/** The models a site offers, as its manifest lists them. */

export interface Score {
  readonly accuracy: number;
  readonly ci95: number;
}

export interface ModelEntry {
  readonly id: string;
  readonly title: string;
  /** Where it is fetched from; null for a file the person opened. */
  readonly url: string | null;
  readonly file: string;
  readonly bytes: number;
  readonly data: string | null;
  /** 5-way 1-shot on classes it has never seen. */
  readonly score: Score | null;
  readonly isDefault: boolean;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Reads a manifest, leaving out entries that name no file. */
export function readManifest(manifest: unknown, base: string): ModelEntry[] {
  const models = fields(manifest).models;
  if (!Array.isArray(models)) return [];
  return models.flatMap((model) => readEntry(fields(model), base));
}

function readEntry(model: Fields, base: string): ModelEntry[] {
  const file = text(model.file);
  if (file === null) return [];
  const id = text(model.id) ?? file.replace(/\.safetensors$/, "");
  const score = fields(fields(fields(model.scores).test)["5w1s"]);
  // The digest in the address keeps a cache from mixing two versions.
  const version = text(model.sha256)?.slice(0, 8) ?? "0";
  return [
    {
      id,
      title: text(model.title) ?? id,
      url: new URL(`weights/${file}?v=${version}`, base).href,
      file,
      bytes: number(model.bytes),
      data: text(model.data),
      score:
        typeof score.accuracy === "number"
          ? { accuracy: score.accuracy, ci95: number(score.ci95) }
          : null,
      isDefault: model.default === true,
    },
  ];
}

/**
 * The model to begin with: the manifest's own choice; on a slow connection the first of its list
 * that is less than half as large: less would not be worth an answer that is less right.
 */
export function firstModel(models: readonly ModelEntry[], isSlow: boolean): ModelEntry | undefined {
  const usual = models.find((model) => model.isDefault) ?? models[0];
  if (!usual || !isSlow) return usual;
  return models.find(({ bytes }) => bytes > 0 && bytes < usual.bytes / 2) ?? usual;
}

/** What the trainer calls a run's files, and browsers a second one of them. */
const GIVEN_BY_THE_TRAINER = /^(best|last)( \(\d+\))?$/i;

/** A file that the person named keeps its name; one of a run is called by what it was trained on. */
export function titleOfFile(name: string, file: ArrayBuffer): string {
  const stem = name.replace(/\.safetensors$/i, "");
  return (GIVEN_BY_THE_TRAINER.test(stem) && trainedOn(file)) || stem;
}

/** The data set that a model file names; null where it names none, or is no such file. */
function trainedOn(file: ArrayBuffer): string | null {
  try {
    const length = Number(new DataView(file).getBigUint64(0, true));
    const header = new TextDecoder().decode(new Uint8Array(file, 8, length));
    const { "fewshot.provenance": provenance } = fields(fields(JSON.parse(header)).__metadata__);
    return text(fields(JSON.parse(text(provenance) ?? "")).data);
  } catch {
    return null;
  }
}
