/** What a link can say: model, sample and settings, in the part of it that no server sees. */
import { DISTANCES, HEADS } from "../../package/src/protocol.ts";
import { MAX_HALLUCINATIONS, type Session, type Settings } from "./session.ts";

export interface Link {
  readonly model: string | null;
  readonly sample: string | null;
  readonly settings: Partial<Settings>;
}

/** Of the seeds that a person is offered. */
export const MAX_SEED = 9999;

export function readLink(hash: string): Link {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (key: string, low: number, high: number): number | undefined => {
    const text = values.get(key);
    const value = text === null || text === "" ? Number.NaN : Number(text);
    return value >= low && value <= high ? value : undefined;
  };
  const head = HEADS.find((h) => h === values.get("head"));
  const distance = DISTANCES.find((d) => d === values.get("distance"));
  const hallucinations = number("imagine", 0, MAX_HALLUCINATIONS);
  const temperatureFactor = number("sharpness", 1 / 64, 64);
  const seed = number("seed", 0, MAX_SEED);
  return {
    model: values.get("model"),
    sample: values.get("sample"),
    settings: {
      ...(head && { head }),
      ...(distance && { distance }),
      ...(values.get("context") === "transductive" && { context: "transductive" as const }),
      ...(hallucinations !== undefined && { hallucinations: Math.round(hallucinations) }),
      ...(temperatureFactor !== undefined && { temperatureFactor }),
      ...(seed !== undefined && { seed: Math.round(seed) }),
    },
  };
}

/** Leaves out what is as it would be anyway. */
export function writeLink({ modelId, sample, settings }: Session): string {
  const values = new URLSearchParams();
  if (sample !== null) values.set("sample", sample);
  if (modelId !== "" && !modelId.includes(":")) values.set("model", modelId);
  if (settings.head !== null) values.set("head", settings.head);
  if (settings.context !== "inductive") values.set("context", settings.context);
  if (settings.distance !== null) values.set("distance", settings.distance);
  if (settings.hallucinations > 0) values.set("imagine", String(settings.hallucinations));
  if (settings.temperatureFactor !== 1) values.set("sharpness", String(settings.temperatureFactor));
  if (settings.seed !== 0) values.set("seed", String(settings.seed));
  return `#${values}`;
}
