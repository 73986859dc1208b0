/**
 * The little that views need instead of a framework: element creation, and a
 * keyed list that touches only what changed, so that focus, drags and running
 * animations survive an update.
 */
type Child = Node | string | null | undefined | false;
type Attribute = string | number | boolean | null | undefined | ((event: Event) => void);

/** Creates an element; `on…` attributes are listeners, `class` is the class. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  element.append(...children.filter((c): c is Node | string => Boolean(c)));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** One stroked path on a 20 x 20 grid: all icons of the page are drawn so. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export interface Row<T> {
  element: HTMLElement;
  update(item: T, index: number): void;
}

/** A container whose first children follow a list, matched by key; what else it holds comes after. */
export class KeyedList<T> {
  readonly #container: HTMLElement;
  readonly #key: (item: T) => string;
  readonly #create: (item: T) => Row<T>;
  #rows = new Map<string, Row<T>>();

  constructor(container: HTMLElement, key: (item: T) => string, create: (item: T) => Row<T>) {
    this.#container = container;
    this.#key = key;
    this.#create = create;
  }

  update(items: readonly T[]): void {
    const rows = new Map<string, Row<T>>();
    for (const item of items) {
      const key = this.#key(item);
      rows.set(key, this.#rows.get(key) ?? this.#create(item));
    }
    // Removal first: then rows that stay are not moved, and keep their focus.
    for (const [key, row] of this.#rows) if (!rows.has(key)) row.element.remove();
    let next: Element | null = this.#container.firstElementChild;
    items.forEach((item, index) => {
      const row = rows.get(this.#key(item));
      if (!row) return;
      row.update(item, index);
      if (next === row.element) next = next.nextElementSibling;
      else this.#container.insertBefore(row.element, next);
    });
    this.#rows = rows;
  }
}

/** Sets text only where it differs, so that live regions stay quiet. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
