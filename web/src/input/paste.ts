/** Pictures from the clipboard go where the focus is, else where they are needed. */
import type { App } from "../app.ts";
import type { Target } from "../control/actions.ts";
import { t } from "../strings/index.ts";
import { fromList } from "./files.ts";

export function acceptPaste(app: App): void {
  document.addEventListener("paste", (event) => {
    const files = Array.from(event.clipboardData?.files ?? []);
    if (files.length === 0) return;
    event.preventDefault();
    const target = focused() ?? app.defaultTarget();
    // A browser calls every pasted picture "image.png".
    const named = files.map((file) =>
      file.name === "image.png" ? new File([file], `${t.pasted}.png`, { type: file.type }) : file,
    );
    void app.take(fromList(named), target);
    const name =
      target.kind === "class"
        ? (app.store.session.classes.find((c) => c.id === target.id)?.name ?? "")
        : target.kind === "queries"
          ? t.queries
          : t.addClass;
    app.store.notify({ kind: "info", text: t.pastedInto(name) });
  });
}

function focused(): Target | null {
  const zone = document.activeElement?.closest<HTMLElement>("[data-class], [data-queries]");
  if (!zone) return null;
  const id = zone.dataset.class;
  return id === undefined ? { kind: "queries" } : { kind: "class", id };
}
