/**
 * The page's side of its service worker: registers it, has the page served whole by a worker of
 * its own version, and offers a newer one.
 */
import type { App } from "./app.ts";
import { t } from "./strings/index.ts";

/** A page that is open for days looks for a new version when it is looked at again. */
const LOOK_AFTER_MS = 3_600_000;

/** What the page says to a service worker: take over; keep these weights; my version. */
export type ToServiceWorker =
  | "activate"
  | { readonly weights: string }
  | { readonly version: string };

/** Does nothing in development, where files change all the time, and where workers are forbidden. */
export async function goOffline(app: App): Promise<void> {
  const { serviceWorker } = navigator;
  if (!import.meta.env.PROD || !serviceWorker) return;
  // The first worker takes over only a page of its own version: nothing to reload.
  let isControlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (isControlled) reload(app);
    isControlled = true;
  });
  try {
    const registration = await serviceWorker.register("./sw.js");
    const watch = (installing: ServiceWorker | null) =>
      installing?.addEventListener("statechange", () => {
        // The first of all is of no older page's concern.
        if (installing.state === "installed" && registration.active) offer(app, installing);
      });
    if (registration.waiting) offer(app, registration.waiting);
    // The browser looks for a new version by itself, and may have begun before this page could.
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
    lookAgain(registration);
    // Where the host changed between the page and its worker, the worker is the newer one.
    serviceWorker.addEventListener("message", () => {
      if (!registration.waiting && !registration.installing) offer(app, null);
    });
    const version = document.querySelector<HTMLMetaElement>("meta[name=version]")?.content ?? "";
    tell((await serviceWorker.ready).active, { version });
  } catch {
    // Without it the page only needs the network again.
    return;
  }
  keepWeights(app);
}

/** Offers the version of a worker that waits, or of the one that is active already. */
function offer(app: App, waiting: ServiceWorker | null): void {
  const run = () => {
    if (waiting === null || waiting.state === "activated") return reload(app);
    // A page that no worker serves is not told of a change.
    waiting.addEventListener("statechange", () => {
      if (waiting.state === "activated") reload(app);
    });
    void app.keeper.flush().then(() => tell(waiting, "activate"));
  };
  app.store.notify({
    kind: "info",
    text: t.newVersion,
    action: { label: t.reload, run },
    stays: true,
  });
}

/** With all that was done since kept. */
function reload(app: App): void {
  void app.keeper.flush().then(() => location.reload());
}

function lookAgain(registration: ServiceWorkerRegistration): void {
  let looked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - looked < LOOK_AFTER_MS) return;
    looked = Date.now();
    registration.update().catch(() => {});
  });
}

function tell(worker: ServiceWorker | null, message: ToServiceWorker): void {
  worker?.postMessage(message);
}

/** Weights that were fetched before the worker was there are told to it. */
function keepWeights(app: App): void {
  const told = new Set<string>();
  const follow = async () => {
    const { model } = app.store;
    const url = model.phase === "ready" ? model.entry.url : null;
    if (url === null || told.has(url)) return;
    told.add(url);
    tell((await navigator.serviceWorker.ready).active, { weights: url });
  };
  app.store.subscribe(() => void follow());
  void follow();
}
