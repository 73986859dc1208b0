/** What an evaluation found, shown as it comes: accuracy, confusion, curves, and all of it as files. */
import type { App } from "../../app.ts";
import type { Point } from "../../control/evaluate.ts";
import { download } from "../../control/share.ts";
import { h } from "../../dom.ts";
import { formatScore, t } from "../../strings/index.ts";
import { button } from "../controls.ts";
import { confusion } from "./confusion.ts";
import { drawCurve, lookOf } from "./curve.ts";
import { CURVES, type Curve, type Findings, toCsv } from "./export.ts";
import { toPng } from "./sheet.ts";

export interface Report {
  readonly element: HTMLElement;
  add(curve: Curve, points: readonly Point[]): void;
}

export function report(app: App, found: Omit<Findings, Curve>): Report {
  const findings: Findings = { ...found, overShots: [], overImagined: [] };
  const { plan, result, classes } = findings;
  const curves = h("div", { class: "curves" });
  const score = h("strong", { class: "score" }, formatScore(result.accuracy));
  const element = h(
    "div",
    { class: "report" },
    h("p", { class: "headline" }, score, h("span", {}, ` ± ${formatScore(result.ci95)}`)),
    h("p", { class: "hint" }, t.protocol(plan.ways, plan.shots, plan.queries, result.episodes)),
    findings.context === "transductive" && h("p", { class: "hint" }, t.lookedAtTogether),
    h(
      "div",
      { class: "row" },
      button(t.exportCsv, () => download(new Blob([toCsv(findings)]), "evaluation.csv")),
      button(t.exportPng, () => {
        void toPng(findings).then((blob) => download(blob, "evaluation.png"));
      }),
    ),
    h("h3", {}, t.confusion),
    h("p", { class: "hint" }, t.confusionHint),
    confusion(app, classes, result),
    curves,
  );
  return {
    element,
    add: (curve, points) => {
      findings[curve] = points;
      curves.append(figure(element, CURVES[curve], points));
    },
  };
}

function figure(parent: HTMLElement, name: string, points: readonly Point[]): HTMLElement {
  const said = points.map((p) => `${p.x}: ${formatScore(p.accuracy)}`).join(", ");
  const canvas = h("canvas", { class: "curve", role: "img", "aria-label": `${name}. ${said}` });
  drawCurve(canvas, points, lookOf(parent));
  return h("figure", {}, h("h3", {}, name), canvas);
}
