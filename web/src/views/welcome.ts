/** The first visit: what this is in a sentence, one's own pictures, or samples to click. */
import type { App } from "../app.ts";
import { sampleUrl } from "../control/samples.ts";
import { h, KeyedList } from "../dom.ts";
import { fromList } from "../input/files.ts";
import type { Sample } from "../state/samples.ts";
import { t } from "../strings/index.ts";
import { button, fileChooser, PICTURES } from "./controls.ts";

const COVER_PICTURES = 6;

export function welcome(app: App): HTMLElement {
  const grid = h("div", { class: "samples" });
  const cards = new KeyedList<Sample>(
    grid,
    (sample) => sample.id,
    (sample) => card(app, sample),
  );
  const heading = h("h2", { class: "samples-head", id: "samples-head" }, t.startSample);
  const samples = h("section", { "aria-labelledby": "samples-head" }, heading, grid);
  app.store.subscribe(() => {
    cards.update(app.store.samples);
    samples.hidden = app.store.samples.length === 0;
  });
  return h(
    "div",
    { class: "welcome" },
    h(
      "div",
      { class: "hero" },
      h("p", { class: "tagline" }, t.tagline),
      h("p", { class: "lead" }, t.lead),
      own(app),
    ),
    samples,
  );
}

function own(app: App): HTMLElement {
  return h(
    "div",
    { class: "own" },
    h(
      "div",
      { class: "row" },
      button(t.startOwn, () => app.actions.startOwn(), { icon: "add", class: "button primary" }),
      fileChooser(t.chooseFolder, {
        accept: PICTURES,
        folder: true,
        icon: "folder",
        onFiles: (files) => void app.take(fromList(files), { kind: "new" }),
      }),
    ),
    h("p", { class: "hint" }, t.startOwnHint),
  );
}

function card(app: App, sample: Sample) {
  const cover = sample.ways.slice(0, COVER_PICTURES).flatMap((way) => way.support.slice(0, 1));
  // Few classes: further pictures of them, or those to recognise, fill the cover.
  const further = [
    ...sample.ways.flatMap((way) => way.support.slice(1)),
    ...sample.queries.map((query) => query.file),
  ];
  const pictures = [...cover, ...further].slice(0, COVER_PICTURES);
  const shots = sample.ways[0]?.support.length ?? 0;
  const element = h(
    "button",
    { type: "button", class: "sample", onclick: () => void app.samples.load(sample) },
    h(
      "span",
      { class: "sample-cover", "data-model": sample.model },
      ...pictures.map((file) => h("img", { src: sampleUrl(file), alt: "", draggable: "false" })),
    ),
    h("span", { class: "sample-title" }, t.sampleTitles[sample.id] ?? sample.title),
    h("span", { class: "hint" }, t.sampleSize(sample.ways.length, shots, sample.queries.length)),
  );
  const update = () => {
    element.setAttribute("aria-busy", String(app.samples.loading === sample.id));
  };
  return { element, update };
}
