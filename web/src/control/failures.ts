/** From an error, wherever it came from, to the sentence the page shows. */
import { type FailureCode, WorkerError } from "../../package/src/protocol.ts";
import { formatBytes, formatDecimal, t } from "../strings/index.ts";

export function codeOf(error: unknown): FailureCode {
  return error instanceof WorkerError ? error.code : "internal";
}

export function isCancelled(error: unknown): boolean {
  return codeOf(error) === "cancelled";
}

export function isCrash(error: unknown): boolean {
  return codeOf(error) === "crashed";
}

export function sentence(error: unknown, name: string): string {
  // A browser's own messages end with a full stop, the learner's do not.
  const detail = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
  return t.failures[codeOf(error)](name, { detail, most: mostOf(error) });
}

/** What helps where many fail alike; empty where nothing does. */
export function cure(error: unknown): string {
  const code = codeOf(error);
  return code === "too-large" ? t.cureTooLarge(mostOf(error)) : (t.cures[code] ?? "");
}

/** The limit that was passed, as whoever set it told; empty where there is none. */
function mostOf(error: unknown): string {
  const limit = error instanceof WorkerError ? error.limit : undefined;
  if (!limit) return "";
  return limit.of === "bytes"
    ? formatBytes(limit.most)
    : t.megapixels(formatDecimal(limit.most / 1e6));
}
