/** From whatever was thrown to the code and cause the page gets. */
import { type Failure, type FailureCode, type LearnerFailure, WorkerError } from "../protocol.ts";

/** The module's errors have a code of ours; those of browsers have none, or a number. */
function codeOf(error: unknown): FailureCode | null {
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  return isCoded ? (error.code as FailureCode | LearnerFailure) : null;
}

export function hasCode(error: unknown, code: FailureCode): boolean {
  return codeOf(error) === code;
}

export function failureOf(error: unknown): Failure {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof WorkerError && error.limit)
    return { code: error.code, detail, limit: error.limit };
  // After a trap the module's memory is in an unknown state: the client starts afresh.
  if (error instanceof WebAssembly.RuntimeError) return { code: "crashed", detail };
  if (error instanceof DOMException && error.name === "AbortError") {
    return { code: "cancelled", detail };
  }
  return { code: codeOf(error) ?? "internal", detail };
}
