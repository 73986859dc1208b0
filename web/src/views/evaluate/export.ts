/** An evaluation as a table that any program reads. */

import type { ClassSpec, Context, Evaluation } from "../../../package/src/protocol.ts";
import type { Plan, Point } from "../../control/evaluate.ts";
import { csv } from "../../storage/csv.ts";
import { t } from "../../strings/index.ts";

export interface Findings {
  readonly plan: Plan;
  readonly model: string;
  readonly context: Context;
  readonly classes: readonly ClassSpec[];
  readonly result: Evaluation;
  overShots: readonly Point[];
  overImagined: readonly Point[];
}

/** What each curve is called. */
export const CURVES = { overShots: t.overShots, overImagined: t.overImagined };
export type Curve = keyof typeof CURVES;

/** One fact a line. */
export function toCsv(findings: Findings): string {
  const { plan, result, classes } = findings;
  const rows: (string | number)[][] = [
    ["what", "of", "value", "ci95"],
    ["model", "", findings.model, ""],
    ["context", "", findings.context, ""],
    ["ways", "", plan.ways, ""],
    ["shots", "", plan.shots, ""],
    ["queries", "", plan.queries, ""],
    ["episodes", "", result.episodes, ""],
    ["accuracy", "", result.accuracy, result.ci95],
    ...findings.overShots.map((p) => ["accuracy over shots", p.x, p.accuracy, p.ci95]),
    ...findings.overImagined.map((p) => ["accuracy over imagined", p.x, p.accuracy, p.ci95]),
    ...classes.flatMap((truth, i) =>
      classes.map((answer, j) => [
        "confusion",
        `${truth.name} > ${answer.name}`,
        result.confusion[i * classes.length + j] ?? 0,
        "",
      ]),
    ),
  ];
  return csv(rows);
}
