/** The column of classes, with a place at its end for the next one. */
import type { App } from "../app.ts";
import { h, KeyedList, setText } from "../dom.ts";
import { dropZone } from "../input/drop.ts";
import { fromList } from "../input/files.ts";
import type { ClassEntry } from "../state/session.ts";
import { t } from "../strings/index.ts";
import { classCard } from "./classCard.ts";
import { button, fileChooser, PICTURES } from "./controls.ts";

export function classes(app: App): HTMLElement {
  const list = h("ol", { class: "cards", role: "list" });
  const count = h("span", { class: "count" });
  const rows = new KeyedList<ClassEntry>(
    list,
    (entry) => entry.id,
    (entry) => classCard(app, entry),
  );
  const place = h(
    "div",
    { class: "new-class" },
    button(t.addClass, () => focusName(app.actions.addClass()), { icon: "add" }),
    fileChooser(t.chooseFolder, {
      accept: PICTURES,
      folder: true,
      icon: "folder",
      class: "text-button",
      onFiles: (files) => void app.take(fromList(files), { kind: "new" }),
    }),
    h("span", { class: "hint" }, t.addClassHint),
  );
  dropZone(app, place, () => ({ kind: "new" }));
  app.store.subscribe(() => {
    rows.update(app.store.session.classes);
    setText(count, String(app.store.session.classes.length));
  });
  return h(
    "section",
    { class: "column classes", "aria-labelledby": "classes-head" },
    h("div", { class: "column-head" }, h("h2", { id: "classes-head" }, t.classes), count),
    list,
    place,
  );
}

/** A new class is named at once: its card appears with the next update. */
function focusName(id: string): void {
  requestAnimationFrame(() => {
    const card = document.querySelector<HTMLElement>(`[data-class="${id}"] .class-name`);
    if (card instanceof HTMLInputElement) card.select();
  });
}
