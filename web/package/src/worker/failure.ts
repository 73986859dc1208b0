/** From whatever was thrown to the code and cause the page gets. */
import type { Failure, FailureCode } from "../protocol.ts";

/** The module's errors have a code of ours; those of browsers have none, or a number. */
export function codeOf(error: unknown): FailureCode | null {
  const { code } = Object(error);
  return typeof code === "string" ? (code as FailureCode) : null;
}

export function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function failureOf(error: unknown): Failure {
  const detail = detailOf(error);
  const { name, limit } = Object(error);
  // After a trap the module's memory is in an unknown state: the client starts afresh.
  if (error instanceof WebAssembly.RuntimeError) return { code: "crashed", detail };
  if (name === "AbortError") return { code: "cancelled", detail };
  return { code: codeOf(error) ?? "internal", detail, ...(limit && { limit }) };
}
