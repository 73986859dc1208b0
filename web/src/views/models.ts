/** The choice of the model: one card each, how far it has arrived, and what it says of itself. */
import type { App } from "../app.ts";
import { titleOf } from "../control/models.ts";
import { h, KeyedList, type Row, setText } from "../dom.ts";
import { fromList } from "../input/files.ts";
import type { ModelEntry } from "../state/models.ts";
import type { Store } from "../state/store.ts";
import { formatBytes, formatDuration, formatScore, t } from "../strings/index.ts";
import { button, fileChooser } from "./controls.ts";
import { modelDetails } from "./modelDetails.ts";

export function models(app: App): HTMLElement {
  const { store } = app;
  const list = h("div", { class: "models" });
  const rows = new KeyedList<ModelEntry>(
    list,
    (entry) => entry.id,
    (entry) => card(app, entry),
  );
  const progress = h("progress", { class: "progress", max: 1, "aria-label": t.model });
  const state = h("p", { class: "hint" });
  const again = button(t.retry, () => app.models.again(), { class: "text-button" });
  store.subscribe(() => {
    rows.update(store.models);
    const { model } = store;
    const bytes = model.phase === "loading" ? model.bytes : null;
    progress.hidden = model.phase !== "loading";
    if (bytes && bytes.total > 0) progress.value = bytes.received / bytes.total;
    else progress.removeAttribute("value");
    setText(state, arrival(store));
    state.hidden = state.textContent === "";
    again.hidden = model.phase !== "failed" || model.entry === null;
  });
  return h(
    "fieldset",
    { class: "model-choice" },
    h("legend", { class: "field-name" }, t.model),
    list,
    progress,
    state,
    again,
    modelDetails(app),
    fileChooser(t.ownModel, {
      accept: ".safetensors",
      multiple: false,
      icon: "add",
      class: "text-button",
      onFiles: (files) => {
        const [file] = files;
        if (file) void app.take(fromList([file]), { kind: "new" });
      },
    }),
    h("p", { class: "hint" }, t.ownModelHint),
  );
}

function card(app: App, entry: ModelEntry): Row<ModelEntry> {
  const radio = h("input", {
    type: "radio",
    name: "model",
    value: entry.id,
    onchange: () => app.models.choose(entry.id),
  });
  const words = t.modelWords[entry.id];
  const score = entry.score && t.modelScore(entry.data ?? "", formatScore(entry.score.accuracy));
  const speed = h("span", { class: "hint" });
  const element = h(
    "label",
    { class: "model" },
    radio,
    h("span", { class: "model-title" }, titleOf(entry)),
    entry.bytes > 0 && h("span", { class: "hint" }, formatBytes(entry.bytes)),
    words && h("span", { class: "hint model-words" }, words.what),
    speed,
    score && h("span", { class: "hint model-score" }, score),
  );
  const update = () => {
    radio.checked = app.store.session.modelId === entry.id;
    const took = app.store.speeds.get(entry.id);
    speed.hidden = took === undefined;
    setText(speed, took === undefined ? "" : t.modelSpeed(formatDuration(took)));
  };
  return { element, update };
}

/** How the model arrives, or why it does not; empty once it is there. */
export function arrival({ model }: Store): string {
  if (model.phase === "failed") return model.sentence;
  if (model.phase === "loading") {
    const { bytes } = model;
    if (!bytes || bytes.received >= bytes.total) return t.modelPreparing;
    return t.modelLoading(formatBytes(bytes.received), formatBytes(bytes.total));
  }
  return "";
}
