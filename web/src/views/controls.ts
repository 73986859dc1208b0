/** Small controls that several views share: buttons, file choosers, segmented choices. */
import { h, icon } from "../dom.ts";
import { ICONS } from "./icons.ts";

export type IconName = keyof typeof ICONS;

export function button(
  text: string,
  run: (event: Event) => void,
  options: { icon?: IconName; class?: string } = {},
): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: options.class ?? "button", onclick: run },
    options.icon && icon(ICONS[options.icon]),
    h("span", {}, text),
  );
}

/** A button that shows only its icon; the text is its name and its tooltip. */
export function iconButton(
  name: IconName,
  text: string,
  run: (event: Event) => void,
  extra = "",
): HTMLButtonElement {
  return h(
    "button",
    {
      type: "button",
      class: `icon-button ${extra}`.trim(),
      title: text,
      "aria-label": text,
      onclick: run,
    },
    icon(ICONS[name]),
  );
}

/** A label that opens the system's file chooser; the input itself stays reachable by keyboard. */
export function fileChooser(
  text: string,
  options: {
    accept: string;
    onFiles: (files: FileList) => void;
    multiple?: boolean;
    folder?: boolean;
    /** Opens a phone's own camera. */
    capture?: boolean;
    icon?: IconName;
    class?: string;
    /** Names it where the text alone is ambiguous. */
    label?: string;
  },
): HTMLLabelElement {
  const input = h("input", {
    type: "file",
    class: "visually-hidden",
    accept: options.accept || null,
    multiple: options.multiple ?? true,
    webkitdirectory: options.folder ?? false,
    capture: options.capture ? "environment" : null,
    "aria-label": options.label ?? text,
  });
  input.addEventListener("change", () => {
    if (input.files?.length) options.onFiles(input.files);
    // The same file may be chosen again.
    input.value = "";
  });
  return h(
    "label",
    { class: options.class ?? "button" },
    input,
    options.icon && icon(ICONS[options.icon]),
    h("span", {}, text),
  );
}

export const PICTURES = "image/*,.heic,.heif,.avif";

/** One of a few: radio buttons drawn as segments. */
export function segmented<T extends string>(
  legend: string,
  choices: readonly (readonly [T, string])[],
  onChoice: (value: T) => void,
): { element: HTMLFieldSetElement; update(value: T): void } {
  const group = `choice-${counter++}`;
  const inputs = choices.map(([value]) =>
    h("input", { type: "radio", name: group, value, onchange: () => onChoice(value) }),
  );
  const element = h(
    "fieldset",
    { class: "segmented" },
    h("legend", { class: "field-name" }, legend),
    h(
      "div",
      { class: "segments" },
      ...choices.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text))),
    ),
  );
  return {
    element,
    update: (value) => {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}
let counter = 0;

export interface Slider {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  update(value: number, text: string): void;
}

/** A range with its name, its value in words, and a sentence below. */
export function slider(
  name: string,
  range: { min: number; max: number; step: number },
  onInput: (value: number) => void,
  hint = "",
): Slider {
  const id = `slider-${counter++}`;
  const input = h("input", {
    type: "range",
    id,
    ...range,
    "aria-describedby": hint ? `${id}-hint` : null,
    oninput: () => onInput(input.valueAsNumber),
  });
  const value = h("output", { class: "field-value", for: id });
  const element = h(
    "div",
    { class: "field" },
    h("div", { class: "field-head" }, h("label", { for: id, class: "field-name" }, name), value),
    input,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
  return {
    element,
    input,
    update: (next, text) => {
      if (input.valueAsNumber !== next) input.valueAsNumber = next;
      if (value.textContent !== text) value.textContent = text;
      input.setAttribute("aria-valuetext", text);
      input.style.setProperty(
        "--filled",
        `${((next - range.min) / (range.max - range.min)) * 100}%`,
      );
    },
  };
}
