/**
 * Many questions at once: a list that stays light, filtered and ordered, in which a number key says
 * what a picture is. The picture is an example from then on, and the next one has the focus.
 */
import type { App } from "../../app.ts";
import { h } from "../../dom.ts";
import { type Answer, select } from "../../state/answers.ts";
import { t } from "../../strings/index.ts";
import { openDialog } from "../dialog.ts";
import { queryCard } from "../queryCard.ts";
import { sortRow } from "./row.ts";
import { Rows } from "./rows.ts";
import { sortTools } from "./tools.ts";

export interface SortList {
  readonly element: HTMLElement;
  update(answers: readonly Answer[]): void;
}

export function sortList(app: App): SortList {
  const { store } = app;
  const tools = sortTools(app);
  const rows = new Rows<Answer>(
    t.queries,
    ({ query }) => query.picture,
    (answer) => sortRow(app, answer, (picture) => openCard(app, picture)),
  );
  const nothing = h("p", { class: "hint" }, t.nothingHere);
  rows.element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    const to = store.session.classes[Number(event.key) - 1];
    const picture = rows.active?.query.picture;
    if (to && picture !== undefined) app.actions.move(picture, to.id);
  });
  const nameOf = (picture: string) => store.pictures.get(picture)?.name ?? "";
  const update = (answers: readonly Answer[]) => {
    tools.update(answers);
    const shown = select(answers, tools.filter, tools.order, nameOf, store.suggested);
    rows.update(shown);
    nothing.hidden = shown.length > 0;
  };
  return { element: h("div", { class: "sort" }, tools.element, nothing, rows.element), update };
}

/** One question with everything there is about it; it goes with the question. */
function openCard(app: App, picture: string): void {
  const { store } = app;
  const query = store.session.queries.find((q) => q.picture === picture);
  if (!query) return;
  const card = queryCard(app, query, (id) =>
    store.classification?.queries.find((result) => result.picture === id),
  );
  const heading = store.pictures.get(picture)?.name ?? "";
  const content = h("ol", { class: "cards", role: "list" }, card.element);
  const update = () => {
    const now = store.session.queries.find((q) => q.picture === picture);
    if (now) card.update(now, 0);
    else dialog.close();
  };
  const stop = store.subscribe(update);
  const dialog = openDialog(heading, content, { onClose: stop });
  update();
}
