/** A picture at full size, beside what the model sees of it. */

import type { PictureId } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { h } from "../dom.ts";
import { t } from "../strings/index.ts";
import { openDialog } from "./dialog.ts";

export function openPicture(app: App, id: PictureId): void {
  const picture = app.store.pictures.get(id);
  if (!picture) return;
  const view = h("img", { alt: t.asModelSees, class: "pixels" });
  const seen = h(
    "figure",
    { hidden: true },
    view,
    h("figcaption", { class: "hint" }, t.asModelSees),
  );
  const content = h(
    "div",
    { class: "closer" },
    h(
      "figure",
      {},
      h("img", { src: picture.url, alt: picture.name }),
      h("figcaption", { class: "hint" }, t.original(picture.width, picture.height)),
    ),
    seen,
  );
  openDialog(picture.name, content, { class: "wide" });
  void app.library.viewUrl(id).then((url) => {
    if (url === null) return;
    view.src = url;
    seen.hidden = false;
  });
}
