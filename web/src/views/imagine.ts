/** How many examples are imagined for each class: the slider at the map. */
import type { App } from "../app.ts";
import { h } from "../dom.ts";
import { MAX_HALLUCINATIONS } from "../state/session.ts";
import { formatInteger, t } from "../strings/index.ts";
import { slider } from "./controls.ts";

export function imagine(app: App): HTMLElement {
  const { store, actions } = app;
  const control = slider(
    t.imagined,
    { min: 0, max: MAX_HALLUCINATIONS, step: 1 },
    (hallucinations) => actions.set({ hallucinations }),
    t.imaginedHint,
  );
  const impossible = h("p", { class: "hint" }, t.imaginedImpossible);
  store.subscribe(() => {
    const { hallucinations } = store.session.settings;
    const can = store.info === null || store.info.generator !== null;
    control.input.disabled = !can;
    impossible.hidden = can;
    control.update(
      hallucinations,
      hallucinations === 0 ? t.imaginedNone : formatInteger(hallucinations),
    );
  });
  return h("div", { class: "imagine" }, control.element, impossible);
}
