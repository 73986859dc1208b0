/** One picture of the session: draggable, with a menu for everything that can be done to it. */

import type { PictureId } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { h, type Row, setAttribute } from "../dom.ts";
import { draggable, PICTURE_TYPE } from "../input/drop.ts";
import { classOf } from "../state/session.ts";
import { thumbnailUrl } from "../state/store.ts";
import { t } from "../strings/index.ts";
import { type MenuItem, openMenu } from "./menu.ts";
import { openPicture } from "./picture.ts";

/** A picture in the class that `owner` names. */
export function thumbnail(app: App, id: PictureId, owner: () => string): Row<PictureId> {
  const picture = app.store.pictures.get(id);
  const image = h("img", { alt: "", draggable: "false", decoding: "async" });
  const element = h(
    "button",
    {
      type: "button",
      class: "thumb",
      onclick: () => openMenu(element, picture?.name ?? "", items(app, id)),
      onkeydown: (event) => {
        const { key } = event as KeyboardEvent;
        if (key === "Delete" || key === "Backspace") app.actions.removePicture(id);
      },
    },
    image,
  );
  draggable(element, PICTURE_TYPE, () => id);
  let shown = "";
  const update = () => {
    const problem = picture?.problem ?? null;
    const name = picture?.name ?? "";
    const part = picture?.torn ? t.torn(name) : null;
    const label = problem ?? [t.pictureOf(name, owner()), part].filter(Boolean).join(". ");
    const src = thumbnailUrl(picture);
    // Two hundred of them are updated at every change, and few have changed.
    const now = `${label} ${src} ${picture?.ready}`;
    if (now === shown) return;
    shown = now;
    setAttribute(element, "aria-label", label);
    setAttribute(element, "title", problem ?? part ?? name);
    setAttribute(image, "src", src);
    element.classList.toggle("unread", problem !== null);
    element.classList.toggle("torn", part !== null);
    element.classList.toggle("waiting", picture?.ready !== true && problem === null);
  };
  return { element, update };
}

/** What can be done to a picture, wherever it is. */
export function items(app: App, id: PictureId): MenuItem[] {
  const { session } = app.store;
  const owner = classOf(session, id);
  const others = session.classes.filter((c) => c.id !== owner?.id);
  return [
    { text: t.look, run: () => openPicture(app, id) },
    ...(app.store.pictures.get(id)?.problem
      ? [{ text: t.readAgain, run: () => app.library.again(id) }]
      : []),
    ...others.map((c, i) => ({
      text: owner ? t.moveTo(c.name) : t.itIs(c.name),
      colour: c.colour,
      separate: i === 0,
      run: () => app.actions.move(id, c.id),
    })),
    ...(owner ? [{ text: t.moveToQueries, run: () => app.actions.ask(id) }] : []),
    {
      text: t.removePicture,
      danger: true,
      separate: true,
      run: () => app.actions.removePicture(id),
    },
  ];
}
