/** What went wrong and what can be taken back, at the foot of the page; and the polite voice. */
import type { App } from "../app.ts";
import { h, KeyedList, setText } from "../dom.ts";
import type { Notice } from "../state/store.ts";
import { t } from "../strings/index.ts";
import { button, iconButton } from "./controls.ts";

/** An offer of undo goes by itself; an error stays until it is dismissed. */
const INFO_SECONDS = 8;

export function notices(app: App): HTMLElement {
  const { store } = app;
  const list = h("div", { class: "notices", role: "region", "aria-label": t.notices });
  const voice = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  const rows = new KeyedList<Notice>(
    list,
    (notice) => String(notice.id),
    (notice) => {
      const { action } = notice;
      const dismiss = () => store.dismiss(notice.id);
      const element = h(
        "div",
        { class: `notice ${notice.kind}`, role: notice.kind === "error" ? "alert" : "status" },
        h("div", {}, h("p", {}, notice.text), notice.names && details(notice.names)),
        action &&
          button(
            action.label,
            () => {
              action.run();
              dismiss();
            },
            { class: "text-button" },
          ),
        iconButton("close", t.dismiss, dismiss),
      );
      if (notice.kind === "info" && !notice.stays) expire(element, dismiss);
      return { element, update: () => {} };
    },
  );
  store.subscribe(() => {
    rows.update(store.notices);
    setText(voice, store.announcement);
  });
  return h("div", {}, list, voice);
}

/** The names of many, for who wants to know them. */
function details(names: readonly string[]): HTMLElement {
  return h(
    "details",
    { class: "more" },
    h("summary", {}, t.refusedNames),
    h("ul", { class: "names" }, ...names.map((name) => h("li", {}, name))),
  );
}

/** Time does not run while a person is at it with pointer or focus. */
function expire(element: HTMLElement, dismiss: () => void): void {
  let timer = 0;
  const start = () => {
    timer = setTimeout(dismiss, INFO_SECONDS * 1000);
  };
  const stop = () => clearTimeout(timer);
  element.addEventListener("pointerenter", stop);
  element.addEventListener("pointerleave", start);
  element.addEventListener("focusin", stop);
  element.addEventListener("focusout", start);
  start();
}
