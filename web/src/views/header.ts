/** The top of the page: its name, undo and redo, and what concerns the whole session. */
import type { App } from "../app.ts";
import { takeAlong } from "../control/along.ts";
import { copyLink, exportClassifier, saveSession } from "../control/share.ts";
import { exportFolders, exportTable } from "../control/sorted.ts";
import { h } from "../dom.ts";
import { fromList, SESSION_EXTENSION } from "../input/files.ts";
import { keepLanguage, otherLanguages, t } from "../strings/index.ts";
import { button, iconButton } from "./controls.ts";
import { openEvaluation } from "./evaluate/window.ts";
import { type MenuItem, openMenu } from "./menu.ts";

export function header(app: App): HTMLElement {
  const { store, actions } = app;
  const undo = iconButton("undo", t.undo, () => actions.undo());
  const redo = iconButton("redo", t.redo, () => actions.redo());
  const samples = button(t.samples, () => openMenu(samples, t.samples, sampleItems(app)), {
    class: "text-button",
  });
  const more: HTMLButtonElement = iconButton("menu", t.more, () =>
    openMenu(more, t.more, moreItems(app)),
  );
  const element = h(
    "header",
    { class: "top" },
    h("h1", { class: "wordmark" }, document.title),
    h("div", { class: "top-actions" }, samples, undo, redo, more),
  );
  store.subscribe(() => {
    const { past, future } = store.history;
    undo.disabled = past.length === 0;
    redo.disabled = future.length === 0;
    const step = past.at(-1);
    undo.title = step ? `${t.undo}: ${step.label}` : t.undo;
    samples.hidden = store.samples.length === 0 || isFresh(app);
  });
  return element;
}

/** Whether nothing has been taught or asked yet: the welcome shows. */
export function isFresh({ store }: App): boolean {
  return store.session.classes.length === 0 && store.session.queries.length === 0;
}

function sampleItems(app: App): MenuItem[] {
  return app.store.samples.map((sample) => ({
    text: t.sampleTitles[sample.id] ?? sample.title,
    run: () => void app.samples.load(sample),
  }));
}

function moreItems(app: App): MenuItem[] {
  return [
    { text: t.saveSession, run: () => void saveSession(app) },
    { text: t.openSession, run: () => chooseFile(app) },
    { text: t.exportClassifier, run: () => void exportClassifier(app) },
    { text: t.takeAlong, run: () => void takeAlong(app) },
    { text: t.exportAnswers, run: () => exportTable(app) },
    { text: t.exportFolders, run: () => void exportFolders(app) },
    { text: t.evaluateMenu, run: () => openEvaluation(app) },
    { text: t.copyLink, run: () => void copyLink(app) },
    { text: t.startOver, separate: true, run: () => app.actions.startOver() },
    ...otherLanguages.map(([tag, name], i) => ({
      text: name,
      separate: i === 0,
      run: () => {
        keepLanguage(tag);
        // The session is kept, so that a reload is no loss.
        void app.keeper.flush().then(() => location.reload());
      },
    })),
  ];
}

/** A session, a model or pictures: what it is, its name tells. */
function chooseFile(app: App): void {
  const input = h("input", { type: "file", accept: `${SESSION_EXTENSION},.zip,.safetensors` });
  input.addEventListener("change", () => {
    if (input.files) void app.take(fromList(input.files), app.defaultTarget());
  });
  input.click();
}
