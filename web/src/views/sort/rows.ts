/**
 * A list of which only what is seen is drawn, so that two thousand rows are as light as twenty.
 * All rows are equally high; arrow keys go through all of them, one is reached by Tab.
 */
import { h, KeyedList, type Row } from "../../dom.ts";

/** As high as `.sort-row` in the style sheet. */
const ROW_PIXELS = 68;
/** Drawn above and below what is seen. */
const MARGIN_ROWS = 6;

export class Rows<T> {
  readonly element: HTMLElement;
  readonly #list = h("ol", { class: "sort-rows", role: "list" });
  readonly #rows: KeyedList<T>;
  #items: readonly T[] = [];
  /** The row that Tab reaches. */
  #active = 0;

  constructor(label: string, key: (item: T) => string, create: (item: T) => Row<T>) {
    this.#rows = new KeyedList(this.#list, key, (item) => this.#placed(create(item)));
    this.element = h("div", { class: "sort-view", role: "group", "aria-label": label }, this.#list);
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.#list.addEventListener("focusin", (event) => {
      const row = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
      if (row) this.#activate(Number(row.dataset.row));
    });
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** The item that keys are for. */
  get active(): T | undefined {
    return this.#items[this.#active];
  }

  update(items: readonly T[]): void {
    const hadFocus = this.#list.contains(document.activeElement);
    this.#items = items;
    this.#active = Math.max(0, Math.min(this.#active, items.length - 1));
    this.#list.style.setProperty("height", `${items.length * ROW_PIXELS}px`);
    this.#draw();
    // A row that went takes no focus with it: the one in its place has it.
    if (hadFocus && !this.#list.contains(document.activeElement)) this.#focus();
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW_PIXELS) - MARGIN_ROWS);
    const last = Math.ceil((scrollTop + clientHeight) / ROW_PIXELS) + MARGIN_ROWS;
    const drawn = Math.max(0, Math.min(last, this.#items.length) - first);
    const numbers = Array.from({ length: drawn }, (_, i) => first + i);
    // The one that Tab reaches is always there.
    if (this.#items.length > 0 && !numbers.includes(this.#active)) numbers.push(this.#active);
    numbers.sort((a, b) => a - b);
    this.#numbers = numbers;
    this.#rows.update(numbers.flatMap((i) => this.#items[i] ?? []));
  }
  #numbers: readonly number[] = [];

  #placed(row: Row<T>): Row<T> {
    const { element } = row;
    return {
      element,
      update: (item, drawn) => {
        const number = this.#numbers[drawn] ?? 0;
        element.dataset.row = String(number);
        element.style.setProperty("transform", `translateY(${number * ROW_PIXELS}px)`);
        element.setAttribute("aria-setsize", String(this.#items.length));
        element.setAttribute("aria-posinset", String(number + 1));
        for (const control of element.querySelectorAll("button"))
          control.tabIndex = number === this.#active ? 0 : -1;
        row.update(item, number);
      },
    };
  }

  #onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_PIXELS) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#items.length,
      End: this.#items.length,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#activate(this.#active + step);
    this.#focus();
  }

  #activate(number: number): void {
    const active = Math.max(0, Math.min(number, this.#items.length - 1));
    if (active === this.#active) return;
    this.#active = active;
    this.#draw();
  }

  #focus(): void {
    const top = this.#active * ROW_PIXELS;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW_PIXELS > scrollTop + clientHeight)
      this.element.scrollTop = top + ROW_PIXELS - clientHeight;
    this.#draw();
    this.#list.querySelector<HTMLElement>(`[data-row="${this.#active}"] button`)?.focus();
  }
}
