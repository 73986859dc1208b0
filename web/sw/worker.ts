/**
 * The page without a network: everything but weights is kept at the first
 * visit, weights once they are used. A new version is fetched whole beside the
 * old one and takes over when the person says so: the two are never mixed.
 */
import type { ToServiceWorker } from "../src/offline.ts";

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: a digest of all files, and their addresses. */
declare const VERSION: string;
declare const FILES: readonly string[];
/** The learner's module with and without relaxed SIMD, and the least module with it. */
declare const RELAXED: string;
declare const PLAIN: string;
declare const RELAXED_SIMD: readonly number[];

/** Caches belong to the host; other sites of it must not be touched. */
const PREFIX = `fewshot ${self.registration.scope} `;
const SITE = `${PREFIX}site ${VERSION}`;
const WEIGHTS = `${PREFIX}weights`;
const INDEX = new URL("./index.html", self.registration.scope).href;

self.addEventListener("install", (event) => {
  event.waitUntil(keepSite());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidy());
});

self.addEventListener("message", (event: ExtendableMessageEvent) => {
  const message = event.data as ToServiceWorker;
  if (message === "activate") event.waitUntil(self.skipWaiting());
  else if ("weights" in message) event.waitUntil(keepWeights(message.weights));
  // A page that came before this worker is served by it from now on, if they are of one version.
  else if (message.version === VERSION) event.waitUntil(self.clients.claim());
  else event.source?.postMessage("other version");
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(request.mode === "navigate" ? answerPage(request) : answer(request));
});

async function keepSite(): Promise<void> {
  const cache = await caches.open(SITE);
  const module = WebAssembly.validate(new Uint8Array(RELAXED_SIMD)) ? RELAXED : PLAIN;
  // Past the browser's own cache, which may hold files of the version before.
  const files = [...FILES, module];
  await cache.addAll(files.map((file) => new Request(file, { cache: "no-cache" })));
  // The host may be half-way from one version to the next: then this one is tried again later.
  const page = await (await cache.match(INDEX))?.text();
  if (!page?.includes(VERSION)) throw new Error("the page is of another version");
}

async function answerPage(request: Request): Promise<Response> {
  return (await kept(SITE, INDEX)) ?? fetch(request);
}

async function answer(request: Request): Promise<Response> {
  const known = await kept(isWeights(request.url) ? WEIGHTS : SITE, request);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && isWeights(request.url)) keep(request, response.clone());
  return response;
}

/** Storage may be forbidden or broken: then there is the network. */
async function kept(name: string, request: RequestInfo): Promise<Response | undefined> {
  try {
    return await (await caches.open(name)).match(request);
  } catch {
    return undefined;
  }
}

/** Storage may be full, too: then weights are fetched again next time. */
function keep(request: Request, response: Response): void {
  caches
    .open(WEIGHTS)
    .then((weights) => weights.put(request, response))
    .catch(() => {});
}

function isWeights(url: string): boolean {
  return url.startsWith(self.registration.scope) && url.includes(".safetensors");
}

/** Weights that the page fetched before this worker was there. */
async function keepWeights(url: string): Promise<void> {
  if (!isWeights(url) || (await kept(WEIGHTS, url))) return;
  // Storage may be full.
  await caches
    .open(WEIGHTS)
    .then((weights) => weights.add(url))
    .catch(() => {});
}

/** Old versions go, and weights that no manifest names any more. */
async function tidy(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const old = names.filter((name) => name !== SITE && name !== WEIGHTS);
  await Promise.all(old.map((name) => caches.delete(name)));
  const site = await caches.open(SITE);
  const manifest = await site.match(new URL("weights/manifest.json", self.registration.scope));
  const text = (await manifest?.text()) ?? "";
  const weights = await caches.open(WEIGHTS);
  for (const request of await weights.keys()) {
    const version = new URL(request.url).searchParams.get("v") ?? "";
    if (!text.includes(version)) await weights.delete(request);
  }
}
