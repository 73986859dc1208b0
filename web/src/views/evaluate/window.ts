/** The window of evaluations: a folder goes in; accuracy, mistakes and curves come out. */
import type { App } from "../../app.ts";
import { Evaluator, type Point } from "../../control/evaluate.ts";
import { isCancelled, sentence } from "../../control/failures.ts";
import { download } from "../../control/share.ts";
import { h, setText } from "../../dom.ts";
import { type Found, fromDrop, fromList, sort } from "../../input/files.ts";
import { formatInteger, formatScore, t } from "../../strings/index.ts";
import { button, fileChooser, PICTURES } from "../controls.ts";
import { openDialog } from "../dialog.ts";
import { confusion } from "./confusion.ts";
import { drawCurve, lookOf } from "./curve.ts";
import { type Findings, toCsv, toPng } from "./export.ts";
import { planFields } from "./plan.ts";

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
    const groups = [...sort(found).groups].flatMap(([name, files]) =>
      name ? [[name, files] as const] : [],
    );
    if (groups.length < 2) {
      setText(state, t.evaluateTooFew);
      return;
    }
    evaluator.add(new Map(groups));
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
      const classes = evaluator.classes.filter(
        (c) => c.examples.length >= plan.shots + plan.queries,
      );
      const { model } = app.store;
      const title = model.phase === "ready" ? model.entry.title : "";
      const findings: Findings = {
        plan,
        model: title,
        classes,
        result,
        overShots: [],
        overImagined: [],
      };
      results.replaceChildren(...headline(app, findings));
      setText(state, t.evaluateShots);
      const overShots = await evaluator.overShots(plan, m, run.signal, show);
      results.append(curve(results, overShots, t.overShots));
      setText(state, t.evaluateImagined);
      const can = app.store.info?.generator !== null;
      const overImagined = can ? await evaluator.overImagined(plan, run.signal, show) : [];
      if (can) results.append(curve(results, overImagined, t.overImagined));
      results.append(exports({ ...findings, overShots, overImagined }, results));
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
  const content = h("div", { class: "evaluate" }, chooser, state, progress, controls, results);
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

function headline(app: App, { plan, result, classes }: Findings): HTMLElement[] {
  const score = h("strong", { class: "score" }, formatScore(result.accuracy));
  const interval = h("span", {}, ` ± ${formatScore(result.ci95)}`);
  return [
    h("p", { class: "headline" }, score, interval),
    h("p", { class: "hint" }, t.protocol(plan.ways, plan.shots, plan.queries, result.episodes)),
    h("h3", {}, t.confusion),
    confusion(app, classes, result),
  ];
}

function curve(parent: HTMLElement, points: readonly Point[], name: string): HTMLElement {
  const said = points.map((p) => `${p.x}: ${formatScore(p.accuracy)}`).join(", ");
  const canvas = h("canvas", { class: "curve", role: "img", "aria-label": `${name}. ${said}` });
  drawCurve(canvas, points, name, lookOf(parent));
  return canvas;
}

function exports(findings: Findings, results: HTMLElement): HTMLElement {
  const canvases = () => [...results.querySelectorAll("canvas")];
  const title = `${findings.model} · ${formatScore(findings.result.accuracy)}`;
  return h(
    "div",
    { class: "row" },
    button(t.exportCsv, () => download(new Blob([toCsv(findings)]), "evaluation.csv")),
    button(t.exportPng, () => {
      void toPng(canvases(), title).then((blob) => download(blob, "evaluation.png"));
    }),
  );
}
