/** The column of questions, with how many of them are answered rightly where that is known. */
import type { App } from "../app.ts";
import { h, KeyedList, setText } from "../dom.ts";
import { dropZone } from "../input/drop.ts";
import { fromList } from "../input/files.ts";
import type { QueryResult } from "../protocol.ts";
import type { Query } from "../state/session.ts";
import { threshold } from "../state/task.ts";
import { verdict } from "../state/verdict.ts";
import { formatInteger, t } from "../strings/index.ts";
import { openCamera } from "./camera.ts";
import { button, fileChooser, PICTURES } from "./controls.ts";
import { arrival } from "./models.ts";
import { queryCard } from "./queryCard.ts";

export function queries(app: App): HTMLElement {
  const { store } = app;
  const list = h("ol", { class: "cards", role: "list" });
  const tally = h("span", { class: "count" });
  const state = h("p", { class: "hint" });
  let results = new Map<string, QueryResult>();
  const rows = new KeyedList<Query>(
    list,
    (query) => query.picture,
    (query) => queryCard(app, query, (id) => results.get(id)),
  );
  const place = h(
    "div",
    { class: "new-query" },
    fileChooser(t.addPictures, {
      accept: PICTURES,
      icon: "add",
      label: t.addQueries,
      onFiles: (files) => void app.take(fromList(files), { kind: "queries" }),
    }),
    button(t.lookAround, () => openCamera(app, { kind: "queries" }, t.lookAround), {
      icon: "camera",
    }),
    h("span", { class: "hint" }, t.queriesHint),
  );
  const element = h(
    "section",
    { class: "column queries", "aria-labelledby": "queries-head", "data-queries": true },
    h("div", { class: "column-head" }, h("h2", { id: "queries-head" }, t.queries), tally),
    state,
    list,
    place,
  );
  dropZone(app, element, () => ({ kind: "queries" }));
  store.subscribe(() => {
    results = new Map(store.classification?.queries.map((r) => [r.picture, r]));
    rows.update(store.session.queries);
    setText(tally, summary(app, results));
    setText(state, waitingFor(app) || explainMark(app));
    state.hidden = state.textContent === "";
  });
  return element;
}

/** Why there are no answers yet; empty where there are. */
function waitingFor({ store }: App): string {
  if (store.session.queries.length === 0) return "";
  const taught = store.session.classes.filter((c) => c.enabled && c.pictures.length > 0);
  if (taught.length < 2) return t.needClasses;
  return store.model.phase === "ready" ? "" : `${t.needModel} ${arrival(store)}`.trim();
}

/** What is special about the answers: looked at together, or with imagined examples. */
function explainMark({ store }: App): string {
  const { hallucinations, context } = store.session.settings;
  if (!store.classification) return "";
  const imagines = hallucinations > 0 && store.info?.generator;
  return [context === "transductive" && t.lookedAtTogether, imagines && t.withoutImagining]
    .filter(Boolean)
    .join(" ");
}

function summary({ store }: App, results: ReadonlyMap<string, QueryResult>): string {
  const { session, info, classification } = store;
  if (!classification || !info) return "";
  const limit = threshold(session, info);
  let right = 0;
  let known = 0;
  for (const query of session.queries) {
    const result = results.get(query.picture);
    if (!result || query.truth === null) continue;
    known++;
    const { best, rejected } = verdict(session, classification.classIds, result, limit);
    if (!rejected && best?.entry.id === query.truth) right++;
  }
  const elapsed = t.elapsed(formatInteger(Math.max(1, Math.round(classification.milliseconds))));
  return known > 0 ? `${t.rightCount(right, known)} · ${elapsed}` : elapsed;
}
