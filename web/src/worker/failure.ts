/** From whatever was thrown to the code and cause the page gets. */
import { FAILURE_CODES, type Failure, type FailureCode, WorkerError } from "../protocol.ts";

function codeOf(error: unknown): FailureCode | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return FAILURE_CODES.find((code) => code === error.code) ?? null;
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
