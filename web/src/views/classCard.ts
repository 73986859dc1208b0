/** One class: its name, its colour, its pictures, and ways to give it more. */

import type { PictureId } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { h, KeyedList, type Row, setAttribute, setText } from "../dom.ts";
import { CLASS_TYPE, draggable, dropZone } from "../input/drop.ts";
import { fromList } from "../input/files.ts";
import { type ClassEntry, moveClass } from "../state/session.ts";
import { t } from "../strings/index.ts";
import { openCamera } from "./camera.ts";
import { button, fileChooser, iconButton, PICTURES } from "./controls.ts";
import { type MenuItem, openMenu } from "./menu.ts";
import { thumbnail } from "./thumbnail.ts";

export function classCard(app: App, { id }: ClassEntry): Row<ClassEntry> {
  const { actions } = app;
  const entry = () => app.store.session.classes.find((c) => c.id === id);
  const name = h("input", {
    class: "class-name",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 60,
    oninput: () => actions.rename(id, name.value),
    onkeydown: (event) => {
      if ((event as KeyboardEvent).key === "Enter") name.blur();
    },
  });
  const handle = h("span", { class: "swatch", "aria-hidden": "true" });
  const menu: HTMLButtonElement = iconButton("menu", t.more, () => {
    const current = entry();
    if (current) openMenu(menu, t.classMenu(current.name), items(app, current));
  });
  const count = h("span", { class: "hint" });
  const chooser = fileChooser(t.addPictures, {
    accept: PICTURES,
    icon: "add",
    class: "tile",
    onFiles: (files) => void app.take(fromList(files), { kind: "class", id }),
  });
  const input = chooser.querySelector("input");
  const camera = button(
    t.camera,
    () => openCamera(app, { kind: "class", id }, t.cameraFor(entry()?.name ?? "")),
    { icon: "camera", class: "tile" },
  );
  // The pictures come before the two tiles that bring more.
  const pictures = h("div", { class: "thumbs" }, chooser, camera);
  const rows = new KeyedList<PictureId>(
    pictures,
    (picture) => picture,
    (picture) => thumbnail(app, picture, () => entry()?.name ?? ""),
  );
  const element = h(
    "li",
    { class: "class-card", "data-class": id },
    h("div", { class: "class-head" }, handle, name, count, menu),
    pictures,
  );
  draggable(handle, CLASS_TYPE, () => id);
  dropZone(app, element, () => ({ kind: "class", id }));
  const update = (current: ClassEntry, index: number) => {
    if (name.value !== current.name) name.value = current.name;
    setAttribute(name, "aria-label", t.nameOfClass(index + 1));
    setAttribute(menu, "aria-label", t.classMenu(current.name));
    if (input) setAttribute(input, "aria-label", t.addPicturesTo(current.name));
    setAttribute(chooser, "title", t.addPicturesTo(current.name));
    setAttribute(camera, "aria-label", t.cameraFor(current.name));
    setAttribute(camera, "title", t.cameraFor(current.name));
    setText(count, current.enabled ? t.pictureCount(current.pictures.length) : t.switchedOff);
    setAttribute(element, "data-colour", String(current.colour));
    element.classList.toggle("off", !current.enabled);
    rows.update(current.pictures);
    element.classList.toggle("empty", current.pictures.length === 0);
  };
  return { element, update };
}

function items(app: App, entry: ClassEntry): MenuItem[] {
  const { actions, store } = app;
  const { classes } = store.session;
  const index = classes.findIndex((c) => c.id === entry.id);
  const move = (offset: number) => () =>
    actions.reorder(moveClass(store.session, entry.id, offset));
  return [
    ...(index > 0 ? [{ text: t.moveUp, run: move(-1) }] : []),
    ...(index < classes.length - 1 ? [{ text: t.moveDown, run: move(1) }] : []),
    { text: t.nextColour, run: () => actions.nextColour(entry.id) },
    {
      text: entry.enabled ? t.switchOff : t.switchOn,
      run: () => actions.toggle(entry.id, !entry.enabled),
    },
    { text: t.removeClass, danger: true, separate: true, run: () => actions.removeClass(entry.id) },
  ];
}
