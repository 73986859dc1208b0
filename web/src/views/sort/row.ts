/** One of many questions: its picture, the answer, what came second, and its menu. */
import type { App } from "../../app.ts";
import { h, type Row, setAttribute, setText } from "../../dom.ts";
import { draggable, PICTURE_TYPE } from "../../input/drop.ts";
import type { Answer } from "../../state/answers.ts";
import { thumbnailUrl } from "../../state/store.ts";
import { formatPercent, t } from "../../strings/index.ts";
import { iconButton } from "../controls.ts";
import { openMenu } from "../menu.ts";
import { items } from "../thumbnail.ts";

export function sortRow(app: App, { query }: Answer, look: (picture: string) => void): Row<Answer> {
  const id = query.picture;
  const picture = app.store.pictures.get(id);
  const name = picture?.name ?? "";
  const image = h("img", { alt: "", draggable: "false", decoding: "async" });
  const label = h("strong", { class: "answer" });
  const probability = h("span", { class: "answer-value" });
  const second = h("span", { class: "hint sort-second" });
  const main = h(
    "button",
    { type: "button", class: "sort-main", title: name, onclick: () => look(id) },
    image,
    h(
      "span",
      { class: "sort-words" },
      h("span", { class: "sort-answer" }, label, probability),
      second,
    ),
  );
  const menu: HTMLButtonElement = iconButton("menu", t.queryMenu(name), () =>
    openMenu(menu, t.queryMenu(name), items(app, id)),
  );
  const element = h("li", { class: "sort-row" }, main, menu);
  draggable(element, PICTURE_TYPE, () => id);
  const update = ({ verdict: found }: Answer) => {
    setAttribute(image, "src", thumbnailUrl(picture));
    element.classList.toggle("waiting", found === null);
    element.classList.toggle("rejected", found?.rejected === true);
    const best = found?.best ?? null;
    setAttribute(element, "data-colour", best ? String(best.entry.colour) : null);
    const comes = app.store.model.phase !== "failed";
    const waits = picture?.problem ? t.unread : comes ? t.thinking : "";
    const said = found?.rejected ? t.noneOfThese : (best?.entry.name ?? waits);
    const share = best && !found?.rejected ? formatPercent(best.probability) : "";
    const next = found?.rejected ? best : runnerUp(found?.bars ?? [], best);
    const rest = next ? t.elseIs(next.entry.name, formatPercent(next.probability)) : "";
    setText(label, said);
    setText(probability, share);
    const part = picture?.torn ? t.tornShort : "";
    const teaches = app.store.suggested.includes(id) ? t.teachesMost : "";
    setText(second, [teaches, part, rest, name].filter(Boolean).join(" · "));
    setAttribute(main, "aria-label", t.answered(name, said, share));
  };
  return { element, update };
}

function runnerUp<B extends { probability: number }>(bars: readonly B[], best: B | null): B | null {
  const others = bars.filter((bar) => bar !== best);
  return others.reduce<B | null>(
    (top, bar) => (top === null || bar.probability > top.probability ? bar : top),
    null,
  );
}
