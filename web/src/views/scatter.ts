/** The map of features: how far the imagining goes, the canvas, its tip, and its twin in words. */

import type { ProjectionMethod } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { MOST_TSNE_POINTS } from "../control/project.ts";
import { h, setAttribute, setText } from "../dom.ts";
import { thumbnailUrl } from "../state/store.ts";
import { formatInteger, t } from "../strings/index.ts";
import { segmented } from "./controls.ts";
import { imagine } from "./imagine.ts";
import { Painter } from "./map/draw.ts";
import { Layout, type Placed } from "./map/layout.ts";
import { openPicture } from "./picture.ts";
import { scatterTable } from "./scatterTable.ts";

const REACH_PIXELS = 18;
const METHODS: readonly (readonly [ProjectionMethod, string])[] = [
  ["tsne", t.methodTsne],
  ["pca", t.methodPca],
];

export function scatter(app: App): HTMLElement {
  const { store } = app;
  const canvas = h("canvas", { class: "map-canvas", role: "img" });
  const tip = h("div", { class: "map-tip", hidden: true });
  const voice = h("div", { class: "visually-hidden", "aria-live": "polite" });
  const empty = h("p", { class: "hint map-empty" }, t.scatterEmpty);
  const map = h(
    "div",
    {
      class: "map",
      tabindex: 0,
      role: "group",
      "aria-label": t.scatter,
      "aria-describedby": "map-hint",
    },
    canvas,
    tip,
    empty,
  );
  const layout = new Layout();
  const painter = new Painter(canvas, store);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let active: Placed | null = null;
  let drawing = false;

  const draw = () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const moves = layout.step();
      if (active) active = layout.placed.find((p) => p.key === active?.key) ?? null;
      painter.draw(layout, active?.key ?? null);
      showTip(app, tip, map, active);
      if (moves) draw();
    });
  };
  const activate = (placed: Placed | null) => {
    if (active?.key === placed?.key) return;
    active = placed;
    draw();
  };
  painter.onImage = draw;
  new ResizeObserver(([entry]) => {
    if (entry) painter.resize(entry.contentRect.width, entry.contentRect.height);
    draw();
  }).observe(canvas);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"])
    matchMedia(query).addEventListener("change", draw);

  map.addEventListener("pointermove", (event) => activate(hit(layout, canvas, event)));
  map.addEventListener("pointerleave", () => activate(null));
  map.addEventListener("blur", () => activate(null));
  map.addEventListener("click", (event) => {
    const id = hit(layout, canvas, event)?.point.picture;
    if (id) openPicture(app, id);
  });
  map.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && active?.point.picture) openPicture(app, active.point.picture);
    if (step === undefined) return;
    event.preventDefault();
    const stops = layout.placed.filter((p) => p.point.kind !== "hallucinated");
    const at = stops.findIndex((p) => p.key === active?.key);
    const next = stops[(at + step + stops.length) % stops.length] ?? null;
    activate(next);
    setText(voice, next ? describe(app, next) : "");
  });

  const method = segmented(t.method, METHODS, (value) => {
    store.method = value;
    store.changed();
  });
  const table = scatterTable(app);
  const tooMany = h("p", { class: "hint" }, t.tsneTooMany(formatInteger(MOST_TSNE_POINTS)));
  let shown: Float32Array | null = null;
  store.subscribe(() => {
    method.update(store.method);
    const { projection } = store;
    empty.hidden = projection !== null;
    tooMany.hidden = (projection?.points.length ?? 0) <= MOST_TSNE_POINTS;
    setAttribute(canvas, "aria-label", t.scatterLabel(projection?.points.length ?? 0));
    // Answers and colours change the drawing too, without a new frame.
    if (projection?.coordinates !== shown) {
      shown = projection?.coordinates ?? null;
      layout.aim(projection, still.matches);
    }
    painter.prune();
    draw();
  });
  return h(
    "section",
    { class: "scatter", "aria-labelledby": "scatter-head" },
    h("div", { class: "column-head" }, h("h2", { id: "scatter-head" }, t.scatter), method.element),
    map,
    legend(),
    tooMany,
    h("p", { class: "hint visually-hidden", id: "map-hint" }, t.scatterHint),
    voice,
    imagine(app),
    table,
  );
}

function hit(layout: Layout, canvas: HTMLCanvasElement, event: MouseEvent): Placed | null {
  const box = canvas.getBoundingClientRect();
  let nearest: Placed | null = null;
  let least = REACH_PIXELS;
  for (const placed of layout.placed) {
    const dx = placed.x * box.width - (event.clientX - box.left);
    const dy = placed.y * box.height - (event.clientY - box.top);
    // A picture on the way to an imagined feature is the likelier aim.
    const distance = Math.hypot(dx, dy) + (placed.point.kind === "hallucinated" ? 6 : 0);
    if (distance < least) {
      least = distance;
      nearest = placed;
    }
  }
  return nearest;
}

/** Kind, class and picture of a point, in words. */
function describe({ store }: App, { point }: Placed): string {
  const owner = store.session.classes.find((c) => c.id === point.classId)?.name;
  const picture = point.picture === null ? null : store.pictures.get(point.picture)?.name;
  return [t.kinds[point.kind], owner, picture].filter(Boolean).join(" · ");
}

function showTip(app: App, tip: HTMLElement, map: HTMLElement, active: Placed | null): void {
  tip.hidden = active === null;
  if (!active) return;
  if (tip.dataset.key !== active.key) {
    tip.dataset.key = active.key;
    const { picture } = active.point;
    const url = picture === null ? null : thumbnailUrl(app.store.pictures.get(picture));
    tip.replaceChildren(
      ...(url ? [h("img", { src: url, alt: "" })] : []),
      h("span", {}, describe(app, active)),
    );
  }
  const x = active.x * map.clientWidth;
  const y = active.y * map.clientHeight;
  const left = Math.max(
    4,
    Math.min(map.clientWidth - tip.offsetWidth - 4, x - tip.offsetWidth / 2),
  );
  const above = y - tip.offsetHeight - 22;
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${above < 4 ? y + 22 : above}px`);
}

function legend(): HTMLElement {
  const entry = (kind: keyof typeof t.kinds) =>
    h("li", {}, h("span", { class: `marker ${kind}` }), t.kinds[kind]);
  return h(
    "ul",
    { class: "legend", role: "list", "aria-hidden": "true" },
    entry("support"),
    entry("query"),
    entry("prototype"),
    entry("hallucinated"),
  );
}
