/** Truth by row, answer by column; each cell opens the pictures that were answered so. */

import type { ClassSpec, Evaluation } from "../../../package/src/protocol.ts";
import type { App } from "../../app.ts";
import { h } from "../../dom.ts";
import { thumbnailUrl } from "../../state/store.ts";
import { formatPercent, t } from "../../strings/index.ts";
import { openDialog } from "../dialog.ts";

/** More pictures of one cell teach nothing new. */
const MAX_SHOWN = 60;

export function confusion(
  app: App,
  classes: readonly ClassSpec[],
  result: Evaluation,
): HTMLElement {
  const count = (truth: number, predicted: number) =>
    result.confusion[truth * classes.length + predicted] ?? 0;
  const rows = classes.map((truth, i) => {
    const total = classes.reduce((sum, _, j) => sum + count(i, j), 0);
    const cells = classes.map((predicted, j) => {
      const share = total === 0 ? 0 : count(i, j) / total;
      const text = total === 0 ? "" : formatPercent(share);
      const cell = h("td", { class: i === j ? "right" : "wrong" });
      cell.style.setProperty("--share", share.toFixed(3));
      if (count(i, j) === 0) cell.append(text);
      else {
        const label = t.takenFor(truth.name, predicted.name, text);
        const open = () => openCell(app, result, i, j, label);
        cell.append(h("button", { type: "button", "aria-label": label, onclick: open }, text));
      }
      return cell;
    });
    return h("tr", {}, h("th", { scope: "row" }, truth.name), ...cells);
  });
  const head = classes.map((c) => h("th", { scope: "col" }, h("span", {}, c.name)));
  return h(
    "div",
    { class: "table-scroll tall", tabindex: 0, role: "region", "aria-label": t.confusion },
    h(
      "table",
      { class: "confusion" },
      h("caption", { class: "visually-hidden" }, t.confusionCaption),
      h("thead", {}, h("tr", {}, h("td", {}, t.confusionCorner), ...head)),
      h("tbody", {}, ...rows),
    ),
  );
}

function openCell(
  app: App,
  result: Evaluation,
  truth: number,
  predicted: number,
  title: string,
): void {
  const given = result.answers.filter((a) => a.truth === truth && a.predicted === predicted);
  const pictures = given.map((answer) => answer.picture).slice(0, MAX_SHOWN);
  const images = pictures.map((id) => {
    const picture = app.store.pictures.get(id);
    const src = thumbnailUrl(picture);
    return h("img", { src, alt: picture?.name ?? "", title: picture?.name });
  });
  openDialog(title, h("div", { class: "cell-pictures" }, ...images));
}
