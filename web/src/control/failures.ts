/** From an error, wherever it came from, to the sentence the page shows. */
import { type FailureCode, WorkerError } from "../protocol.ts";
import { t } from "../strings/index.ts";

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
  const detail = error instanceof Error ? error.message : String(error);
  return t.failures[codeOf(error)](name, detail);
}
