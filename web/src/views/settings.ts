/** What can be set: model, distance, sharpness, doubt and seed. The examples to imagine are with the map. */

import { DISTANCES, HEADS } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { h, setText } from "../dom.ts";
import { MAX_SEED } from "../state/link.ts";
import { DEFAULT_SETTINGS } from "../state/session.ts";
import { formatDecimal, formatShift, t } from "../strings/index.ts";
import { button, segmented, slider } from "./controls.ts";
import { models } from "./models.ts";

/** Left of the slider's last shift nothing is rejected. */
const REJECTION_OFF = -1.05;

export function settings(app: App): HTMLElement {
  const { actions, store } = app;
  const head = segmented(
    t.head,
    HEADS.map((h) => [h, t.heads[h]] as const),
    (value) => actions.set({ head: value }),
  );
  const headWords = h("p", { class: "hint" });
  const together = h("input", {
    type: "checkbox",
    id: "together",
    onchange: () => actions.set({ context: together.checked ? "transductive" : "inductive" }),
  });
  const distance = segmented(
    t.distance,
    DISTANCES.map((d) => [d, t.distances[d]] as const),
    (value) => actions.set({ distance: value }),
  );
  const noDistance = h("p", { class: "hint" }, t.noDistance);
  // On a scale of powers of two: half as sharp is as far as twice as sharp.
  const confidence = slider(
    t.confidence,
    { min: -3, max: 3, step: 0.25 },
    (value) => actions.set({ temperatureFactor: 2 ** value }),
    t.confidenceHint,
  );
  const rejection = slider(
    t.rejection,
    { min: REJECTION_OFF, max: 1, step: 0.05 },
    // Steps of a twentieth are not exact, and zero shall be.
    (value) =>
      actions.set({ rejectionShift: value <= REJECTION_OFF ? null : Math.round(value * 20) / 20 }),
    t.rejectionHint,
  );
  const seed = h("input", {
    type: "number",
    id: "seed",
    class: "number",
    min: 0,
    max: MAX_SEED,
    step: 1,
    onchange: () => actions.set({ seed: clampSeed(seed.valueAsNumber) }),
  });
  const roll = button(
    t.newSeed,
    () => actions.set({ seed: Math.floor(Math.random() * MAX_SEED) }),
    { icon: "dice", class: "text-button" },
  );
  const reset = button(t.resetSettings, () => actions.set(DEFAULT_SETTINGS), {
    class: "text-button",
  });
  store.subscribe(() => {
    const { settings: now } = store.session;
    const ownHead = now.head ?? store.info?.head;
    if (ownHead) head.update(ownHead);
    setText(headWords, ownHead ? t.headWords[ownHead] : "");
    together.checked = now.context === "transductive";
    const own = now.distance ?? store.info?.distance;
    if (own) distance.update(own);
    distance.element.disabled = ownHead === "ridge";
    noDistance.hidden = ownHead !== "ridge";
    confidence.update(
      Math.log2(now.temperatureFactor),
      `× ${formatDecimal(now.temperatureFactor)}`,
    );
    rejection.element.hidden = (store.info?.rejection ?? null) === null;
    const shift = now.rejectionShift;
    rejection.update(
      shift ?? REJECTION_OFF,
      shift === null ? t.rejectionOff : shift === 0 ? t.rejectionUsual : formatShift(shift),
    );
    if (document.activeElement !== seed) seed.value = String(now.seed);
  });
  return h(
    "section",
    { class: "settings", "aria-labelledby": "settings-head" },
    h("h2", { id: "settings-head" }, t.settings),
    models(app),
    h("div", { class: "field" }, head.element, headWords),
    h("div", { class: "field" }, distance.element, noDistance),
    confidence.element,
    rejection.element,
    h(
      "div",
      { class: "field" },
      h("label", { class: "check" }, together, h("span", {}, t.together)),
      h("p", { class: "hint" }, t.togetherHint),
    ),
    h(
      "div",
      { class: "field row" },
      h("label", { for: "seed", class: "field-name" }, t.seed),
      seed,
      roll,
    ),
    reset,
  );
}

function clampSeed(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(MAX_SEED, Math.round(value))) : 0;
}
