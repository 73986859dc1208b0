/** A file over the network, with progress in the bytes of the file itself. */
import { type Bytes, WorkerError } from "./protocol.ts";

export async function download(
  url: string,
  sizeBytes: number | undefined,
  signal?: AbortSignal,
  progress?: (bytes: Bytes) => void,
): Promise<Blob> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok || !response.body) {
      throw new WorkerError({ code: "network", detail: `${url} answered ${response.status}` });
    }
    const total = sizeBytes ?? announced(response.headers);
    const chunks: BlobPart[] = [];
    let received = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      received += value.length;
      progress?.({ received, total });
    }
    return new Blob(chunks);
  } catch (error) {
    if (signal?.aborted || error instanceof WorkerError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new WorkerError({ code: "network", detail: `${url} cannot be fetched: ${cause}` });
  }
}

/** Zero where it is not known: the length of a compressed answer is not the file's. */
function announced(headers: Headers): number {
  const encoding = headers.get("content-encoding") ?? "identity";
  return encoding === "identity" ? Number(headers.get("content-length") ?? 0) : 0;
}
