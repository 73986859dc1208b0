/** From an error, wherever it came from, to the sentence the page shows. */
import { WorkerError } from "../protocol.ts";
import { t } from "../strings/index.ts";

export function isCancelled(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "cancelled";
}

export function isCrash(error: unknown): boolean {
  return error instanceof WorkerError && error.code === "crashed";
}

export function sentence(error: unknown, name: string): string {
  if (error instanceof WorkerError) return t.failures[error.code](name, error.message);
  return t.failures.internal(name, error instanceof Error ? error.message : String(error));
}
