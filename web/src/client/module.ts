/**
 * The learner's module: of the two, the one that this browser runs fastest. It is compiled once
 * for all workers.
 */
import plain from "../generated/fewshot_wasm_bg.wasm?url";
import relaxed from "../generated/fewshot_wasm_relaxed.wasm?url";
import { WorkerError } from "../protocol.ts";
import { RELAXED_SIMD } from "./probe.ts";

export type ModuleKind = "relaxed" | "simd";

/** `?module=simd` in the address takes the one that every browser runs, to compare the two. */
export function moduleKind(): ModuleKind {
  if (new URLSearchParams(location.search).get("module") === "simd") return "simd";
  return WebAssembly.validate(new Uint8Array(RELAXED_SIMD)) ? "relaxed" : "simd";
}

export async function fetchModule(kind: ModuleKind): Promise<WebAssembly.Module> {
  const url = kind === "relaxed" ? relaxed : plain;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    // A host that does not know the type would be refused by the streaming compiler.
    return response.headers.get("content-type") === "application/wasm"
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new WorkerError({ code: "network", detail });
  }
}
