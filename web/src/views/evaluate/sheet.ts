/** An evaluation as a picture: title, curves and confusion on white paper, whatever the page's colours. */
import { formatPercent, formatScore, t } from "../../strings/index.ts";
import { CURVE_SIZE, drawCurve, type Look } from "./curve.ts";
import { CURVES, type Curve, type Findings } from "./export.ts";

const PRINT: Look = {
  ink: "#1d1b18",
  muted: "#686258",
  line: "#ddd8cc",
  accent: "#2b6cd4",
  font: "system-ui, sans-serif",
};
/** Pixels for each of the units below. */
const SCALE = 2;
const MARGIN = 24;
const HEAD = 64;
const NAME_WIDTH = 110;
const CELL = { width: 58, height: 26 };
/** Cells of a table that still fits a page. */
const MOST_CLASSES = 40;

export async function toPng(findings: Findings): Promise<Blob> {
  const curves = (Object.keys(CURVES) as Curve[]).filter((name) => findings[name].length > 0);
  const shown = Math.min(findings.classes.length, MOST_CLASSES);
  const tableWidth = NAME_WIDTH + shown * CELL.width;
  const width = Math.max(2 * CURVE_SIZE.width, tableWidth) + 2 * MARGIN;
  const curvesHeight = curves.length > 0 ? CURVE_SIZE.height + 40 : 0;
  const height = HEAD + curvesHeight + (shown + 1) * CELL.height + 2 * MARGIN;
  const sheet = document.createElement("canvas");
  sheet.width = width * SCALE;
  sheet.height = height * SCALE;
  const context = sheet.getContext("2d");
  if (context) {
    context.scale(SCALE, SCALE);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    title(context, findings);
    curves.forEach((name, i) => {
      const canvas = document.createElement("canvas");
      drawCurve(canvas, findings[name], PRINT);
      const left = MARGIN + i * CURVE_SIZE.width;
      text(context, CURVES[name], left, HEAD + 20, `600 14px ${PRINT.font}`);
      context.drawImage(canvas, left, HEAD + 32, CURVE_SIZE.width, CURVE_SIZE.height);
    });
    context.translate(MARGIN, HEAD + curvesHeight + MARGIN);
    table(context, findings, shown);
  }
  const blob = await new Promise<Blob | null>((resolve) => sheet.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(t.noPng);
  return blob;
}

function title(context: CanvasRenderingContext2D, findings: Findings): void {
  const { model, plan, result } = findings;
  const score = `${formatScore(result.accuracy)} ± ${formatScore(result.ci95)}`;
  text(context, `${model} · ${score}`, MARGIN, 36, `600 20px ${PRINT.font}`);
  const { ways, shots, queries } = plan;
  const usual = t.protocol(ways, shots, queries, result.episodes);
  const isTogether = findings.context === "transductive";
  const protocol = isTogether ? `${usual}. ${t.lookedAtTogether}` : usual;
  text(context, protocol, MARGIN, 58, `13px ${PRINT.font}`, PRINT.muted);
}

/** Truth by row, answer by column, as on the page. */
function table(context: CanvasRenderingContext2D, { classes, result }: Findings, n: number): void {
  const font = `12px ${PRINT.font}`;
  const fits = (name: string, width: number) => {
    context.font = font;
    let short = name;
    while (context.measureText(short).width > width && short.length > 1) short = short.slice(0, -1);
    return short;
  };
  for (let row = 0; row < n; row++) {
    const counts = classes.map((_, j) => result.confusion[row * classes.length + j] ?? 0);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const y = (row + 1) * CELL.height;
    const name = classes[row]?.name ?? "";
    text(context, fits(name, NAME_WIDTH - 8), 0, y + 17, font);
    text(context, fits(name, CELL.width - 6), NAME_WIDTH + row * CELL.width, 17, font);
    for (let column = 0; column < n; column++) {
      const share = total === 0 ? 0 : (counts[column] ?? 0) / total;
      const x = NAME_WIDTH + column * CELL.width;
      context.globalAlpha = share * (row === column ? 0.45 : 0.8);
      context.fillStyle = row === column ? "#17825a" : "#d1480c";
      context.fillRect(x, y, CELL.width, CELL.height);
      context.globalAlpha = 1;
      context.strokeStyle = PRINT.line;
      context.strokeRect(x, y, CELL.width, CELL.height);
      text(context, formatPercent(share), x + 8, y + 17, font);
    }
  }
}

function text(
  context: CanvasRenderingContext2D,
  words: string,
  x: number,
  y: number,
  font: string,
  colour: string = PRINT.ink,
): void {
  context.font = font;
  context.fillStyle = colour;
  context.fillText(words, x, y);
}
