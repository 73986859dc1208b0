/** The page's side of its service worker: registers it, and offers a new version. */
import type { App } from "./app.ts";
import { t } from "./strings/index.ts";

/** Does nothing in development, where files change all the time, and where workers are forbidden. */
export async function goOffline(app: App): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // The first worker takes over a page of its own version: nothing to reload, nothing to offer.
  let isControlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isControlled) location.reload();
    isControlled = true;
  });
  try {
    const registration = await navigator.serviceWorker.register("./sw.js");
    const watch = (installing: ServiceWorker | null) =>
      installing?.addEventListener("statechange", () => {
        if (installing.state === "installed" && isControlled) offer(app, installing);
      });
    if (registration.waiting) offer(app, registration.waiting);
    // The browser looks for a new version by itself, and may have begun before this page could.
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
  } catch {
    // Without it the page only needs the network again.
    return;
  }
  keepWeights(app);
}

function offer(app: App, next: ServiceWorker): void {
  const run = () => void app.keeper.flush().then(() => next.postMessage("activate"));
  app.store.notify({
    kind: "info",
    text: t.newVersion,
    action: { label: t.reload, run },
    stays: true,
  });
}

/** Weights that were fetched before the worker was there are told to it. */
function keepWeights(app: App): void {
  const told = new Set<string>();
  const tell = async () => {
    const { model } = app.store;
    const url = model.phase === "ready" ? model.entry.url : null;
    if (url === null || told.has(url)) return;
    told.add(url);
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage(url);
  };
  app.store.subscribe(() => void tell());
  void tell();
}
