/** Keys for the whole page: undo and redo, where no text is being edited. */
import type { App } from "../app.ts";

export function acceptKeys(app: App): void {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const target = event.target;
    if (target instanceof HTMLInputElement && target.type !== "range" && target.type !== "radio")
      return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) app.actions.undo();
    else if (key === "y" || key === "z") app.actions.redo();
    else return;
    event.preventDefault();
  });
}
