/** A modal window: title, content, and a way out; gone from the page once closed. */
import { h } from "../dom.ts";
import { t } from "../strings/index.ts";
import { iconButton } from "./controls.ts";

export function openDialog(
  title: string,
  content: HTMLElement,
  options: { class?: string; onClose?: () => void } = {},
): HTMLDialogElement {
  const heading = h("h2", { id: `dialog-${counter++}` }, title);
  const dialog: HTMLDialogElement = h(
    "dialog",
    { class: `dialog ${options.class ?? ""}`.trim(), "aria-labelledby": heading.id },
    h(
      "header",
      { class: "dialog-head" },
      heading,
      iconButton("close", t.close, () => dialog.close()),
    ),
    content,
  );
  dialog.addEventListener("close", () => {
    options.onClose?.();
    dialog.remove();
  });
  // A click on the backdrop is a click on the dialog itself, outside its box.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
let counter = 0;
