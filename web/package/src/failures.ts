/** From whatever a worker says to a sentence that names what it is about and what helps. */
import type { FewshotError } from "./api.ts";
import { type FailureCode, WorkerError } from "./protocol.ts";

const NAME = "FewshotError";

/** What is refused here, in a sentence. */
export function refuse(code: FailureCode, sentence: string): FewshotError {
  const error = new WorkerError({ code, detail: sentence });
  return Object.assign(error, { name: NAME } as const);
}

/** Names what an error is about; `formats` are those of pictures that can be read here. */
export function failure(error: unknown, what: string, formats: string): FewshotError {
  const { name, message, code, limit }: Partial<WorkerError> = Object(error);
  if (name === NAME) return error as FewshotError;
  const most = limit ? `: ${limit.most} ${limit.of} at most` : "";
  const cures: Partial<Record<FailureCode, string>> = {
    crashed: "The worker is started again: ask again",
    network: "See that the address is right and can be reached",
    "bad-model": "Give a .safetensors file that Fewshot wrote",
    "bad-picture": `Give ${formats}`,
    heic: `Give ${formats}`,
    gone: "Choose it again",
    "too-large": `Give a smaller one${most}`,
  };
  const known = error instanceof WorkerError && code ? code : "internal";
  return refuse(known, [`${what}: ${message ?? error}`, cures[known]].filter(Boolean).join(". "));
}
