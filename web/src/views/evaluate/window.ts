/** The window of evaluations: a folder, or the page's own classes, go in; a report comes out. */
import type { App } from "../../app.ts";
import { Evaluator } from "../../control/evaluate.ts";
import { isCancelled, sentence } from "../../control/failures.ts";
import { h, setText } from "../../dom.ts";
import { type Found, fromDrop, fromList, sort } from "../../input/files.ts";
import { formatInteger, t } from "../../strings/index.ts";
import { button, fileChooser, PICTURES } from "../controls.ts";
import { openDialog } from "../dialog.ts";
import { planFields } from "./plan.ts";
import { report } from "./report.ts";

export function openEvaluation(app: App): void {
  const evaluator = new Evaluator(app);
  let run = new AbortController();
  const state = h("p", { class: "hint", role: "status" }, t.evaluateHint);
  const progress = h("progress", {
    class: "progress",
    max: 1,
    hidden: true,
    "aria-label": t.evaluate,
  });
  const results = h("div", { class: "findings" });
  const fields = planFields();
  const start = button(t.evaluateRun, () => void evaluate(), { class: "button primary" });
  const cancel = button(t.cancel, () => run.abort(), { class: "button" });
  const controls = h("div", { class: "evaluate-controls" }, fields.element, start, cancel);
  controls.hidden = true;
  cancel.hidden = true;

  const take = (found: readonly Found[]) => {
    const sorted = sort(found);
    app.tellBeside(sorted.beside);
    const groups = [...sorted.groups].flatMap(([name, files]) =>
      name ? [[name, files] as const] : [],
    );
    if (groups.length < 2) {
      setText(state, t.evaluateTooFew);
      return;
    }
    evaluator.take(new Map(groups));
    begin();
  };
  /** What was evaluated before makes room. */
  const begin = () => {
    run.abort();
    controls.hidden = true;
    results.replaceChildren();
    update();
  };
  /** Follows the embedding; once all is there, offers the usual protocol. */
  const update = () => {
    const { done, total } = evaluator.progress;
    if (total === 0 || !cancel.hidden) return;
    const isReady = done === total && app.store.info !== null;
    progress.hidden = isReady;
    progress.value = done / total;
    if (!isReady) setText(state, t.evaluateEmbedding(formatInteger(done), formatInteger(total)));
    if (!isReady || !controls.hidden) return;
    const plan = evaluator.usual();
    setText(state, plan ? t.evaluateReady(evaluator.classes.length, total) : t.evaluateTooFew);
    if (!plan) return;
    fields.set(plan);
    controls.hidden = false;
  };
  const busy = (is: boolean) => {
    start.hidden = is;
    cancel.hidden = !is;
    progress.hidden = !is;
  };
  const evaluate = async () => {
    const plan = fields.get();
    const m = app.store.session.settings.hallucinations;
    run = new AbortController();
    const show = (share: number) => {
      progress.value = share;
    };
    busy(true);
    try {
      setText(state, t.evaluateRunning);
      const result = await evaluator.run(plan, m, run.signal, show);
      const { context } = app.store.session.settings;
      const classes = evaluator.used(plan);
      const findings = { plan, model: title(app), context, classes, result };
      const shown = report(app, findings);
      results.replaceChildren(shown.element);
      setText(state, t.evaluateShots);
      shown.add("overShots", await evaluator.overShots(plan, m, run.signal, show));
      setText(state, t.evaluateImagined);
      if (app.store.info?.generator !== null)
        shown.add("overImagined", await evaluator.overImagined(plan, run.signal, show));
      setText(state, t.evaluateDone);
    } catch (error) {
      setText(state, isCancelled(error) ? t.evaluateCancelled : sentence(error, t.evaluate));
    } finally {
      busy(false);
    }
  };
  const unsubscribe = app.store.subscribe(update);
  const chooser = fileChooser(t.chooseFolder, {
    accept: PICTURES,
    folder: true,
    icon: "folder",
    label: t.evaluateChoose,
    onFiles: (files) => take(fromList(files)),
  });
  const here = button(t.evaluatePage, () => {
    evaluator.takeSession();
    begin();
  });
  here.hidden = !evaluator.sessionIsEnough;
  const sources = h("div", { class: "row" }, chooser, here);
  const content = h("div", { class: "evaluate" }, state, sources, progress, controls, results);
  const dialog = openDialog(t.evaluate, content, {
    class: "wide",
    onClose: () => {
      run.abort();
      unsubscribe();
      evaluator.close();
    },
  });
  dialog.addEventListener("dragover", (event) => event.preventDefault());
  dialog.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer) void fromDrop(event.dataTransfer).then(take);
  });
}

function title({ store }: App): string {
  return store.model.phase === "ready" ? store.model.entry.title : "";
}
