/** A file over the network, with progress in the bytes of the file itself. */
import { type Bytes, WorkerError } from "../protocol.ts";

export async function download(
  url: string,
  sizeBytes: number | undefined,
  signal: AbortSignal,
  progress: (bytes: Bytes) => void,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) {
      throw new WorkerError({ code: "network", detail: `${url} answered ${response.status}` });
    }
    const total = sizeBytes ?? announced(response.headers);
    const chunks: Uint8Array[] = [];
    let received = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      received += value.length;
      progress({ received, total });
    }
    return joined(chunks, received);
  } catch (error) {
    if (signal.aborted || error instanceof WorkerError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new WorkerError({ code: "network", detail: `${url} cannot be fetched: ${cause}` });
  }
}

/** Zero where it is not known: the length of a compressed answer is not the file's. */
function announced(headers: Headers): number {
  const encoding = headers.get("content-encoding") ?? "identity";
  return encoding === "identity" ? Number(headers.get("content-length") ?? 0) : 0;
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
