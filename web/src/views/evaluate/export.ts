/** An evaluation as files: a table for any program, and the curves as a picture. */
import type { Plan, Point } from "../../control/evaluate.ts";
import type { ClassSpec, Evaluation } from "../../protocol.ts";
import { t } from "../../strings/index.ts";

export interface Findings {
  readonly plan: Plan;
  readonly model: string;
  readonly classes: readonly ClassSpec[];
  readonly result: Evaluation;
  readonly overShots: readonly Point[];
  readonly overImagined: readonly Point[];
}

/** One fact a line; numbers with a point, whatever the language, so that programs read them. */
export function toCsv(findings: Findings): string {
  const { plan, result, classes } = findings;
  const rows: (string | number)[][] = [
    ["what", "of", "value", "ci95"],
    ["model", "", findings.model, ""],
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
  return rows.map((row) => row.map(quoted).join(",")).join("\n");
}

function quoted(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Several canvases below one another on white paper. */
export async function toPng(canvases: readonly HTMLCanvasElement[], title: string): Promise<Blob> {
  const sheet = document.createElement("canvas");
  const head = 56;
  sheet.width = Math.max(320, ...canvases.map((c) => c.width));
  sheet.height = head + canvases.reduce((sum, c) => sum + c.height, 0);
  const context = sheet.getContext("2d");
  if (context) {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.fillStyle = "#1d1b18";
    context.font = "26px system-ui, sans-serif";
    context.fillText(title, 16, 36);
    let y = head;
    for (const canvas of canvases) {
      context.drawImage(canvas, 0, y);
      y += canvas.height;
    }
  }
  const blob = await new Promise<Blob | null>((resolve) => sheet.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(t.noPng);
  return blob;
}
