/**
 * Drag and drop: files from outside anywhere on the page, pictures and classes
 * within it. A zone says what it takes; everything can be done by menus too.
 */
import type { App } from "../app.ts";
import type { Target } from "../control/actions.ts";
import { placeClass } from "../state/session.ts";
import { fromDrop } from "./files.ts";

export const PICTURE_TYPE = "application/x-fewshot-picture";
export const CLASS_TYPE = "application/x-fewshot-class";

/** Makes an element draggable as a picture or a class of the session. */
export function draggable(element: HTMLElement, type: string, id: () => string): void {
  element.draggable = true;
  element.addEventListener("dragstart", (event) => {
    event.stopPropagation();
    event.dataTransfer?.setData(type, id());
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    element.classList.add("dragged");
  });
  element.addEventListener("dragend", () => element.classList.remove("dragged"));
}

function takes(event: DragEvent): boolean {
  const types = event.dataTransfer?.types ?? [];
  return types.includes("Files") || types.includes(PICTURE_TYPE) || types.includes(CLASS_TYPE);
}

/** Makes an element a place to drop on; the innermost zone wins. */
export function dropZone(app: App, element: HTMLElement, target: () => Target): void {
  // Entering a child leaves the parent: count, rather than flicker.
  let depth = 0;
  const mark = () => element.classList.toggle("drop-target", depth > 0);
  element.addEventListener("dragenter", (event) => {
    if (!takes(event)) return;
    depth++;
    mark();
  });
  element.addEventListener("dragleave", (event) => {
    if (!takes(event)) return;
    depth = Math.max(0, depth - 1);
    mark();
  });
  element.addEventListener("dragover", (event) => {
    if (takes(event)) event.preventDefault();
  });
  element.addEventListener("drop", (event) => {
    depth = 0;
    mark();
    if (!takes(event) || !event.dataTransfer || event.defaultPrevented) return;
    event.preventDefault();
    receive(app, event.dataTransfer, target());
  });
}

function receive(app: App, transfer: DataTransfer, target: Target): void {
  const picture = transfer.getData(PICTURE_TYPE);
  const moved = transfer.getData(CLASS_TYPE);
  if (moved) {
    const { session } = app.store;
    if (target.kind === "class") app.actions.reorder(placeClass(session, moved, target.id));
  } else if (picture) {
    if (target.kind === "class") app.actions.move(picture, target.id);
    else if (target.kind === "queries") app.actions.ask(picture);
    else app.actions.move(picture, app.actions.addClass());
  } else {
    void fromDrop(transfer).then((found) => app.take(found, target));
  }
}
