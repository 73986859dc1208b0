/** The column of questions, with how many of them are answered rightly where that is known. */

import type { App } from "../app.ts";
import type { Target } from "../control/actions.ts";
import { h, KeyedList, setText } from "../dom.ts";
import { dropZone } from "../input/drop.ts";
import { fromList } from "../input/files.ts";
import { type Answer, answersOf } from "../state/answers.ts";
import type { Query } from "../state/session.ts";
import { threshold } from "../state/task.ts";
import { formatInteger, t } from "../strings/index.ts";
import { openCamera } from "./camera.ts";
import { button, fileChooser, PICTURES } from "./controls.ts";
import { arrival } from "./models.ts";
import { queryCard } from "./queryCard.ts";
import { sortList } from "./sort/list.ts";

/** More questions are a list to sort. */
const MOST_CARDS = 24;
/** Whatever folders pictures lie in, they are asked about. */
const WHOLE_FOLDERS: Target = { kind: "queries", whole: true };

export function queries(app: App): HTMLElement {
  const { store } = app;
  const list = h("ol", { class: "cards", role: "list" });
  const tally = h("span", { class: "count" });
  const state = h("p", { class: "hint" });
  const many = sortList(app);
  let answers: readonly Answer[] = [];
  let before: readonly unknown[] = [];
  /** Of the few that have a card. */
  const resultOf = (id: string) => answers.find((a) => a.query.picture === id)?.result ?? undefined;
  const rows = new KeyedList<Query>(
    list,
    (query) => query.picture,
    (query) => queryCard(app, query, resultOf),
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
    fileChooser(t.sortFolder, {
      accept: PICTURES,
      folder: true,
      icon: "folder",
      class: "text-button",
      onFiles: (files) => void app.take(fromList(files), WHOLE_FOLDERS),
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
    many.element,
    place,
  );
  dropZone(app, element, () => WHOLE_FOLDERS);
  store.subscribe(() => {
    const { session, classification, info } = store;
    // A map that settles changes nothing here, and answers for thousands take their time.
    const now = [session, classification, info];
    if (now.some((value, i) => value !== before[i])) {
      before = now;
      answers = answersOf(session, classification, info && threshold(session, info));
      setText(tally, summary(app, answers));
    }
    const isMany = session.queries.length > MOST_CARDS;
    list.hidden = isMany;
    many.element.hidden = !isMany;
    rows.update(isMany ? [] : session.queries);
    if (isMany) many.update(answers);
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
  const { model } = store;
  if (model.phase === "failed") return model.sentence;
  return model.phase === "ready" ? "" : `${t.needModel} ${arrival(store)}`.trim();
}

/** What is special about the answers: looked at together, or, on cards, with imagined examples. */
function explainMark({ store }: App): string {
  const { hallucinations, context } = store.session.settings;
  if (!store.classification) return "";
  const cards = store.session.queries.length <= MOST_CARDS;
  const imagines = hallucinations > 0 && store.info?.generator && cards;
  return [context === "transductive" && t.lookedAtTogether, imagines && t.withoutImagining]
    .filter(Boolean)
    .join(" ");
}

function summary({ store }: App, answers: readonly Answer[]): string {
  const { info, classification } = store;
  if (!classification || !info) return "";
  let right = 0;
  let known = 0;
  for (const { query, verdict } of answers) {
    if (!verdict || query.truth === null) continue;
    known++;
    if (!verdict.rejected && verdict.best?.entry.id === query.truth) right++;
  }
  const elapsed = t.elapsed(formatInteger(Math.max(1, Math.round(classification.milliseconds))));
  return known > 0 ? `${t.rightCount(right, known)} · ${elapsed}` : elapsed;
}
