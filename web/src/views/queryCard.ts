/** One question and its answer: label, bars, the nearest examples, and how to correct it. */

import type { Neighbour, QueryResult } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { h, KeyedList, type Row, setAttribute, setText } from "../dom.ts";
import { draggable, PICTURE_TYPE } from "../input/drop.ts";
import type { Query } from "../state/session.ts";
import { thumbnailUrl } from "../state/store.ts";
import { threshold } from "../state/task.ts";
import { type Verdict, verdict } from "../state/verdict.ts";
import { formatPercent, t } from "../strings/index.ts";
import { bars } from "./bars.ts";
import { iconButton } from "./controls.ts";
import { evidence } from "./evidence.ts";
import { openMenu } from "./menu.ts";
import { items } from "./thumbnail.ts";

const NEIGHBOURS = 3;

export function queryCard(
  app: App,
  { picture: id }: Query,
  result: (picture: string) => QueryResult | undefined,
): Row<Query> {
  const picture = app.store.pictures.get(id);
  const name = picture?.name ?? "";
  const image = h("img", { alt: name, draggable: "false", loading: "lazy" });
  const shown = evidence(app, id);
  const frame = h("div", { class: "query-picture", title: name }, image, ...shown.layer);
  const menu: HTMLButtonElement = iconButton("menu", t.queryMenu(name), () =>
    openMenu(menu, t.queryMenu(name), items(app, id)),
  );
  const label = h("strong", { class: "answer" });
  const probability = h("span", { class: "answer-value" });
  const mark = h("span", { class: "truth", hidden: true });
  const note = h("p", { class: "hint" });
  const chart = bars();
  const neighbours = h("div", { class: "neighbours", role: "group", "aria-label": t.nearest });
  const near = new KeyedList<Neighbour>(
    neighbours,
    (neighbour) => neighbour.picture,
    (neighbour) => nearest(app, neighbour),
  );
  const element = h(
    "li",
    { class: "query-card" },
    frame,
    h(
      "div",
      { class: "query-answer" },
      h("div", { class: "answer-head" }, label, probability, mark, menu),
      note,
      shown.note,
      chart.element,
      neighbours,
    ),
  );
  draggable(element, PICTURE_TYPE, () => id);
  const update = (query: Query) => {
    const { session, classification, info } = app.store;
    const answer = result(id);
    const seen = shown.isPainted ? picture?.viewUrl : null;
    setAttribute(image, "src", seen ?? thumbnailUrl(picture));
    element.classList.toggle("waiting", !answer);
    if (!answer || !classification || !info) {
      const comes = app.store.model.phase !== "failed";
      const isAwaited = comes && (picture?.ready === false || info === null);
      setText(label, picture?.problem ? t.unread : isAwaited ? t.thinking : "");
      setText(probability, "");
      mark.hidden = true;
      note.hidden = true;
      shown.follow(null);
      return;
    }
    const limit = threshold(session, info);
    const outcome = verdict(session, classification.classIds, answer, limit);
    const { best, rejected } = outcome;
    shown.follow(best?.entry ?? null);
    setText(label, rejected ? t.noneOfThese : (best?.entry.name ?? ""));
    setText(probability, rejected ? "" : formatPercent(outcome.probability));
    setAttribute(element, "data-colour", String(best?.entry.colour ?? 0));
    element.classList.toggle("rejected", rejected);
    const closest = rejected ? t.closestIs(best?.entry.name ?? "") : "";
    setText(note, [closest, picture?.torn && t.tornShort].filter(Boolean).join(" · "));
    note.hidden = note.textContent === "";
    chart.update(
      outcome.bars,
      best,
      session.settings.hallucinations > 0 && info.generator !== null,
    );
    near.update(answer.nearest.filter(known(app)).slice(0, NEIGHBOURS));
    showTruth(mark, query, outcome);
  };
  return { element, update };
}

function showTruth(mark: HTMLElement, query: Query, outcome: Verdict): void {
  mark.hidden = query.truth === null;
  const isRight = !outcome.rejected && outcome.best?.entry.id === query.truth;
  setAttribute(mark, "class", isRight ? "truth right" : "truth wrong");
  setText(mark, isRight ? t.right : t.wrong);
}

function known(app: App): (neighbour: Neighbour) => boolean {
  return ({ picture, classId }) =>
    app.store.pictures.has(picture) && app.store.session.classes.some((c) => c.id === classId);
}

function nearest(app: App, { picture: id }: Neighbour): Row<Neighbour> {
  const picture = app.store.pictures.get(id);
  const src = thumbnailUrl(picture);
  const element = h("img", { src, class: "neighbour", draggable: "false" });
  const update = ({ classId }: Neighbour) => {
    const owner = app.store.session.classes.find((c) => c.id === classId);
    setAttribute(element, "data-colour", String(owner?.colour ?? 0));
    setAttribute(element, "alt", t.nearestOf(owner?.name ?? ""));
    setAttribute(element, "title", t.nearestOf(owner?.name ?? ""));
  };
  return { element, update };
}
