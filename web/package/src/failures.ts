/** From whatever a worker says to a sentence that names what it is about and what helps. */
import type { FewshotError } from "./api.ts";
import { type FailureCode, WorkerError } from "./protocol.ts";

class SentenceError extends Error implements FewshotError {
  override readonly name = "FewshotError";
  readonly code: FailureCode;

  constructor(code: FailureCode, sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.code = code;
  }
}

/** What is refused here. */
export function refuse(code: FailureCode, sentence: string): FewshotError {
  return new SentenceError(code, sentence);
}

/** Names what an error is about; `formats` are those of pictures that can be read here. */
export function failure(error: unknown, what: string, formats: string): FewshotError {
  if (error instanceof SentenceError) return error;
  const code = error instanceof WorkerError ? error.code : "internal";
  const detail = error instanceof Error ? error.message : String(error);
  const limit = error instanceof WorkerError ? error.limit : undefined;
  const cures: Partial<Record<FailureCode, string>> = {
    crashed: "The worker stopped and is started again: ask again",
    network: "See that the address is right and can be reached",
    "bad-model": "Give a .safetensors file that Fewshot wrote",
    "bad-picture": `Give ${formats}`,
    heic: `Give ${formats}`,
    gone: "Choose it again",
    "too-large": `Give a smaller one${limit ? `: ${limit.most} ${limit.of} at most` : ""}`,
  };
  const cure = cures[code];
  return new SentenceError(code, `${what}: ${detail}.${cure ? ` ${cure}.` : ""}`, error);
}
