/** What many answers are looked through by: which are shown, in what order, and how far they are. */
import type { App } from "../../app.ts";
import { exportFolders, exportTable, exportToDisk } from "../../control/sorted.ts";
import { h, setText } from "../../dom.ts";
import {
  ALL,
  type Answer,
  type Filter,
  groupOf,
  NONE,
  ORDERS,
  type Order,
} from "../../state/answers.ts";
import { canWriteFolders } from "../../storage/disk.ts";
import { formatInteger, t } from "../../strings/index.ts";
import { button } from "../controls.ts";

export interface Tools {
  readonly element: HTMLElement;
  readonly filter: Filter;
  readonly order: Order;
  update(answers: readonly Answer[]): void;
}

export function sortTools(app: App): Tools {
  const { store } = app;
  const filter = h("select", { id: "sort-filter", onchange: () => store.changed() });
  const order: HTMLSelectElement = h(
    "select",
    {
      id: "sort-order",
      onchange: () => {
        app.suggester.want(order.value === "teaches");
        store.changed();
      },
    },
    ...ORDERS.map((value) => h("option", { value }, t.orders[value])),
  );
  const bar = h("progress", { class: "progress" });
  const words = h("p", { class: "hint", id: "sort-progress" });
  bar.setAttribute("aria-labelledby", words.id);
  const progress = h("div", { class: "sort-progress" }, bar, words);
  const keys = h("p", { class: "hint sort-keys" });
  const field = (name: string, control: HTMLElement) =>
    h("label", { class: "sort-field", for: control.id }, h("span", {}, name), control);
  const element = h(
    "div",
    { class: "sort-tools" },
    progress,
    h(
      "div",
      { class: "row" },
      field(t.filter, filter),
      field(t.order, order),
      button(t.exportCsv, () => exportTable(app), { class: "text-button" }),
      button(t.exportFolders, () => void exportFolders(app), { class: "text-button" }),
      canWriteFolders() &&
        button(t.exportToDisk, () => void exportToDisk(app), { class: "text-button" }),
    ),
    keys,
  );
  let listed = "";
  const update = (answers: readonly Answer[]) => {
    const choices = choicesOf(app, answers);
    const now = JSON.stringify(choices);
    if (now !== listed) {
      const chosen = filter.value || ALL;
      filter.replaceChildren(...choices.map(([value, text]) => h("option", { value }, text)));
      filter.value = choices.some(([value]) => value === chosen) ? chosen : ALL;
      listed = now;
    }
    const { done, total, secondsLeft } = app.library.progress();
    progress.hidden = app.library.backlog === 0;
    bar.max = Math.max(1, total);
    bar.value = done;
    const left = secondsLeft === null ? "" : t.timeLeft(Math.max(1, Math.round(secondsLeft)));
    setText(words, t.reading(formatInteger(done), formatInteger(total), left));
    const { classes } = store.session;
    setText(
      keys,
      t.keys(
        classes
          .slice(0, 9)
          .map((c, i) => `${i + 1} ${c.name}`)
          .join(", "),
      ),
    );
  };
  return {
    element,
    update,
    get filter() {
      return filter.value || ALL;
    },
    get order() {
      return ORDERS.find((known) => known === order.value) ?? "given";
    },
  };
}

/** Every class with how many it has, and "none of these" where there are any. */
function choicesOf({ store }: App, answers: readonly Answer[]): [Filter, string][] {
  const counts = new Map<Filter, number>();
  for (const answer of answers) {
    const group = groupOf(answer);
    if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const choice = (value: Filter, name: string, count: number): [Filter, string] => [
    value,
    `${name} (${formatInteger(count)})`,
  ];
  const none = counts.get(NONE) ?? 0;
  return [
    choice(ALL, t.everyAnswer, answers.length),
    ...store.session.classes.map((c) => choice(c.id, c.name, counts.get(c.id) ?? 0)),
    ...(none > 0 ? [choice(NONE, t.noneOfThese, none)] : []),
  ];
}
