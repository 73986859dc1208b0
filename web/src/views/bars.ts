/** Probabilities as bars, with what each would be without imagined examples and the change. */
import { h, KeyedList, setAttribute, setText } from "../dom.ts";
import type { Bar } from "../state/verdict.ts";
import { formatChange, formatPercent, t } from "../strings/index.ts";

/** As many as are calm to read; the likeliest where there are more classes. */
const MAX_BARS = 6;

export interface Bars {
  readonly element: HTMLElement;
  update(bars: readonly Bar[], best: Bar | null, imagining: boolean): void;
}

export function bars(): Bars {
  const list = h("ul", { class: "bars", role: "list" });
  const rest = h("p", { class: "hint" });
  let top: Bar | null = null;
  let marked = false;
  const rows = new KeyedList<Bar>(
    list,
    (bar) => bar.entry.id,
    () => {
      const name = h("span", { class: "bar-name" });
      const fill = h("span", { class: "bar-fill" });
      const mark = h("span", { class: "bar-mark" });
      const value = h("span", { class: "bar-value" });
      const change = h("span", { class: "bar-change", "aria-hidden": "true" });
      // What the stroke and the change show, in words.
      const before = h("span", { class: "visually-hidden" });
      const track = h("span", { class: "bar-track", "aria-hidden": "true" }, fill, mark);
      const element = h("li", { class: "bar" }, name, track, value, change, before);
      const update = (bar: Bar) => {
        const { entry, probability, plain } = bar;
        setAttribute(element, "data-colour", String(entry.colour));
        // The text is rounded; the test of native = browser reads the number.
        setAttribute(element, "data-probability", String(probability));
        element.classList.toggle("best", bar.entry.id === top?.entry.id);
        setText(name, entry.name);
        setText(value, formatPercent(probability));
        fill.style.setProperty("transform", `scaleX(${probability.toFixed(4)})`);
        mark.style.setProperty("left", `${(plain * 100).toFixed(2)}%`);
        for (const part of [mark, change, before]) part.hidden = !marked;
        setText(change, formatChange(probability - plain));
        setText(before, marked ? t.plainWas(formatPercent(plain)) : "");
        setAttribute(element, "title", marked ? t.plainWas(formatPercent(plain)) : null);
      };
      return { element, update };
    },
  );
  return {
    element: h("div", {}, list, rest),
    update: (all, best, imagining) => {
      top = best;
      marked = imagining;
      list.classList.toggle("imagining", imagining);
      const shown =
        all.length <= MAX_BARS
          ? all
          : [...all].sort((a, b) => b.probability - a.probability).slice(0, MAX_BARS - 1);
      rows.update(shown);
      rest.hidden = shown.length === all.length;
      setText(rest, rest.hidden ? "" : t.others(all.length - shown.length));
    },
  };
}
