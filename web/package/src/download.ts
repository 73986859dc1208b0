/** A file over the network, with progress in the bytes of the file itself. */
import { type Bytes, WorkerError } from "./protocol.ts";

/** An answer that is one. */
export async function get(url: string | URL, signal?: AbortSignal): Promise<Response> {
  let why: unknown;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return response;
    why = `it answered ${response.status}`;
  } catch (error) {
    if (signal?.aborted) throw error;
    why = error;
  }
  throw unreachable(url, why);
}

export async function download(
  url: string,
  sizeBytes: number | undefined,
  signal?: AbortSignal,
  progress?: (bytes: Bytes) => void,
): Promise<Blob> {
  const { body, headers } = await get(url, signal);
  const total = sizeBytes ?? announced(headers);
  const chunks: BlobPart[] = [];
  let received = 0;
  try {
    const reader = body?.getReader();
    for (;;) {
      const { done = true, value } = (await reader?.read()) ?? {};
      if (done || !value) return new Blob(chunks);
      chunks.push(value);
      received += value.length;
      progress?.({ received, total });
    }
  } catch (error) {
    throw signal?.aborted ? error : unreachable(url, error);
  }
}

function unreachable(url: string | URL, why: unknown): WorkerError {
  const detail = why instanceof Error ? why.message : why;
  return new WorkerError({ code: "network", detail: `${url} cannot be fetched: ${detail}` });
}

/** Zero where it is not known: the length of a compressed answer is not the file's. */
function announced(headers: Headers): number {
  const encoding = headers.get("content-encoding") ?? "identity";
  return encoding === "identity" ? Number(headers.get("content-length") ?? 0) : 0;
}
