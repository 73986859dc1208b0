/**
 * The page without a network: everything but weights is kept at the first
 * visit, weights once they are used. A new version is fetched whole beside the
 * old one and takes over when the person says so: the two are never mixed.
 */
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
  event.waitUntil(Promise.all([tidy(), self.clients.claim()]));
});

self.addEventListener("message", (event: ExtendableMessageEvent) => {
  const message: unknown = event.data;
  if (message === "activate") event.waitUntil(self.skipWaiting());
  else if (typeof message === "string") event.waitUntil(keepWeights(message));
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
}

async function answerPage(request: Request): Promise<Response> {
  const cache = await caches.open(SITE);
  return (await cache.match(INDEX)) ?? fetch(request);
}

async function answer(request: Request): Promise<Response> {
  const kept = await (await caches.open(SITE)).match(request);
  if (kept) return kept;
  if (!isWeights(request.url)) return fetch(request);
  const weights = await caches.open(WEIGHTS);
  const known = await weights.match(request);
  if (known) return known;
  const response = await fetch(request);
  // Storage may be full: then they are fetched again next time.
  if (response.ok) weights.put(request, response.clone()).catch(() => {});
  return response;
}

function isWeights(url: string): boolean {
  return url.startsWith(self.registration.scope) && url.includes(".safetensors");
}

/** Weights that the page fetched before this worker was there. */
async function keepWeights(url: string): Promise<void> {
  if (!isWeights(url)) return;
  const weights = await caches.open(WEIGHTS);
  if (!(await weights.match(url))) await weights.add(url).catch(() => {});
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

// Makes this file a module for the compiler, so that its `self` is its own; the build takes it out.
export {};
