/** The map in words: a row for each picture and prototype, and how many are imagined. */
import type { App } from "../app.ts";
import { h } from "../dom.ts";
import type { Projection } from "../state/store.ts";
import { formatDecimal, t } from "../strings/index.ts";

/** t-SNE sends frame after frame; reading wants it slower. */
const REFRESH_MS = 1000;

export function scatterTable(app: App): HTMLElement {
  const body = h("tbody");
  const column = (text: string) => h("th", { scope: "col" }, text);
  const table = h(
    "table",
    {},
    h("caption", { class: "visually-hidden" }, t.tableCaption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        column(t.tableKind),
        column(t.tableClass),
        column(t.tableName),
        column(t.tableX),
        column(t.tableY),
      ),
    ),
    body,
  );
  const details = h(
    "details",
    { class: "more" },
    h("summary", {}, t.table),
    h(
      "div",
      { class: "table-scroll", tabindex: 0, role: "region", "aria-label": t.tableCaption },
      table,
    ),
  );
  let shown: Float32Array | null = null;
  let timer = 0;
  const refresh = () => {
    timer = 0;
    const { projection } = app.store;
    if (!details.open || projection?.coordinates === shown) return;
    shown = projection?.coordinates ?? null;
    body.replaceChildren(...(projection ? rows(app, projection) : []));
  };
  details.addEventListener("toggle", refresh);
  app.store.subscribe(() => {
    if (details.open && timer === 0) timer = setTimeout(refresh, REFRESH_MS);
  });
  return details;
}

function rows({ store }: App, { points, coordinates }: Projection): HTMLElement[] {
  const name = (id: string | null) => store.session.classes.find((c) => c.id === id)?.name ?? "";
  const imagined = new Map<string, number>();
  const result: HTMLElement[] = [];
  points.forEach((point, i) => {
    if (point.kind === "hallucinated") {
      const owner = name(point.classId);
      imagined.set(owner, (imagined.get(owner) ?? 0) + 1);
      return;
    }
    const picture = point.picture === null ? "" : (store.pictures.get(point.picture)?.name ?? "");
    const x = formatDecimal(coordinates[2 * i] ?? 0);
    const y = formatDecimal(coordinates[2 * i + 1] ?? 0);
    result.push(row([t.kinds[point.kind], name(point.classId), picture, x, y]));
  });
  for (const [owner, count] of imagined)
    result.push(row([t.kinds.hallucinated, owner, t.imaginedRow(count), "", ""]));
  return result;
}

function row(cells: readonly string[]): HTMLElement {
  return h("tr", {}, ...cells.map((text) => h("td", {}, text)));
}
