/**
 * The learner's module: of the two, the one that runs fastest here. It is compiled once for all
 * workers.
 */
import { get } from "./download.ts";
import { RELAXED_SIMD } from "./probe.ts";
import { WorkerError } from "./protocol.ts";

export type ModuleKind = "relaxed" | "simd";

export function moduleKind(): ModuleKind {
  return WebAssembly.validate(new Uint8Array(RELAXED_SIMD)) ? "relaxed" : "simd";
}

/** Where the modules lie in what is published. */
export const MODULE_FILES: Readonly<Record<ModuleKind, string>> = {
  simd: "generated/fewshot_wasm_bg.wasm",
  relaxed: "generated/fewshot_wasm_relaxed.wasm",
};

/** Beside this file, in the sources as in what is published: bundlers take it along from there. */
export function moduleUrl(kind: ModuleKind): URL {
  return kind === "relaxed"
    ? new URL("./generated/fewshot_wasm_relaxed.wasm", import.meta.url)
    : new URL("./generated/fewshot_wasm_bg.wasm", import.meta.url);
}

export async function fetchModule(kind: ModuleKind): Promise<WebAssembly.Module> {
  const response = await get(moduleUrl(kind));
  try {
    // A host that does not know the type would be refused by the streaming compiler.
    return response.headers.get("content-type") === "application/wasm"
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new WorkerError({ code: "network", detail: String(error) });
  }
}
