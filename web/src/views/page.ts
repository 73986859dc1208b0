/** The whole page: the welcome until there is something, then the three columns. */
import type { App } from "../app.ts";
import { h } from "../dom.ts";
import { dropZone } from "../input/drop.ts";
import { t } from "../strings/index.ts";
import { classes } from "./classes.ts";
import { header, isFresh } from "./header.ts";
import { notices } from "./notices.ts";
import { queries } from "./queries.ts";
import { scatter } from "./scatter.ts";
import { settings } from "./settings.ts";
import { welcome } from "./welcome.ts";

export function page(app: App): HTMLElement {
  const first = welcome(app);
  const work = h(
    "div",
    { class: "work" },
    classes(app),
    queries(app),
    h("div", { class: "column understand" }, scatter(app), settings(app)),
  );
  const jump = h(
    "nav",
    { class: "jump", "aria-label": t.jump },
    h("a", { href: "#classes-head" }, t.classes),
    h("a", { href: "#queries-head" }, t.answers),
    h("a", { href: "#scatter-head" }, t.map),
    h("a", { href: "#settings-head" }, t.settings),
  );
  const main = h("main", { id: "main" }, first, work);
  const element = h(
    "div",
    { class: "page" },
    h("a", { class: "skip", href: "#queries-head" }, t.skip),
    header(app),
    main,
    h("footer", { class: "foot" }, h("p", {}, t.about), h("p", {}, t.source)),
    jump,
    notices(app),
  );
  dropZone(app, element, () => app.defaultTarget());
  app.store.subscribe(() => {
    first.hidden = !isFresh(app);
    work.hidden = isFresh(app);
    jump.hidden = isFresh(app);
  });
  return element;
}
