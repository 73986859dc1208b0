/** A menu that opens at a control: arrow keys, Escape, and focus back where it was. */
import { h } from "../dom.ts";

export interface MenuItem {
  readonly text: string;
  readonly run: () => void;
  /** Palette index of the dot before it. */
  readonly colour?: number;
  readonly danger?: boolean;
  /** A line above it. */
  readonly separate?: boolean;
}

export function openMenu(anchor: HTMLElement, label: string, items: readonly MenuItem[]): void {
  const buttons = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        tabindex: -1,
        class: `menu-item${item.danger ? " danger" : ""}${item.separate ? " separate" : ""}`,
        onclick: () => {
          close();
          item.run();
        },
      },
      item.colour !== undefined && h("span", { class: "dot", "data-colour": item.colour }),
      h("span", {}, item.text),
    ),
  );
  const menu = h("div", { role: "menu", "aria-label": label, class: "menu", popover: "auto" });
  menu.append(...buttons);
  const close = () => {
    menu.hidePopover();
    if (anchor.isConnected) anchor.focus();
  };
  menu.addEventListener("keydown", (event) => onKey(event, buttons, close));
  menu.addEventListener("toggle", (event) => {
    if ((event as ToggleEvent).newState === "closed") menu.remove();
  });
  // Within a landmark; inside an open dialog, since the rest of the page is inert then.
  (anchor.closest("dialog, main, header") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, anchor);
  buttons[0]?.focus();
}

function onKey(event: KeyboardEvent, buttons: HTMLButtonElement[], close: () => void): void {
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const last = buttons.length - 1;
  const next: Record<string, number> = {
    ArrowDown: at >= last ? 0 : at + 1,
    ArrowUp: at <= 0 ? last : at - 1,
    Home: 0,
    End: last,
  };
  const to = next[event.key];
  if (to !== undefined) buttons[to]?.focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Below the anchor, or above it where there is no room; never outside the window. */
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = at.bottom + 4;
  const top = below + size.height > innerHeight - 8 ? at.top - size.height - 4 : below;
  const left = Math.min(at.left, innerWidth - size.width - 8);
  menu.style.setProperty("top", `${Math.max(8, top)}px`);
  menu.style.setProperty("left", `${Math.max(8, left)}px`);
}
