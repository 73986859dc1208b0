/** A small chart of accuracy against shots or imagined examples, with its 95 % interval. */
import type { Point } from "../../control/evaluate.ts";
import { formatInteger, formatPercent } from "../../strings/index.ts";

const WIDTH = 420;
const HEIGHT = 200;
export const CURVE_SIZE = { width: WIDTH, height: HEIGHT };
const LEFT = 46;
const BOTTOM = 24;
const TOP = 14;
const RIGHT = 14;

export interface Look {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly font: string;
}

/** The colours that the style sheet gives. */
export function lookOf(element: Element): Look {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: value("--ink"),
    muted: value("--muted"),
    line: value("--line"),
    accent: value("--c0"),
    font: style.fontFamily,
  };
}

/** Values lie evenly, whatever their distance: 0, 1, 10 and 100 are four stops. */
export function drawCurve(canvas: HTMLCanvasElement, points: readonly Point[], look: Look): void {
  const scale = Math.max(2, devicePixelRatio);
  canvas.width = WIDTH * scale;
  canvas.height = HEIGHT * scale;
  const context = canvas.getContext("2d");
  if (!context || points.length === 0) return;
  context.scale(scale, scale);
  const low = Math.max(
    0,
    Math.floor(Math.min(...points.map((p) => p.accuracy - p.ci95)) * 10) / 10,
  );
  const high = Math.min(
    1,
    Math.ceil(Math.max(...points.map((p) => p.accuracy + p.ci95)) * 10) / 10,
  );
  const x = (i: number) => LEFT + ((WIDTH - LEFT - RIGHT) * (i + 0.5)) / Math.max(points.length, 1);
  const y = (accuracy: number) =>
    TOP + (HEIGHT - TOP - BOTTOM) * (1 - (accuracy - low) / Math.max(high - low, 0.1));
  context.font = `12px ${look.font}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let level = low; level <= high + 1e-6; level += 0.1) {
    context.strokeStyle = look.line;
    line(context, [
      [LEFT, y(level)],
      [WIDTH - RIGHT, y(level)],
    ]);
    context.fillStyle = look.muted;
    context.fillText(formatPercent(level), LEFT - 6, y(level));
  }
  context.textAlign = "center";
  context.strokeStyle = look.accent;
  context.lineWidth = 2;
  line(
    context,
    points.map((p, i) => [x(i), y(p.accuracy)]),
  );
  points.forEach((p, i) => {
    line(context, [
      [x(i), y(p.accuracy - p.ci95)],
      [x(i), y(p.accuracy + p.ci95)],
    ]);
    context.fillStyle = look.accent;
    context.beginPath();
    context.arc(x(i), y(p.accuracy), 3.5, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = look.ink;
    context.fillText(formatInteger(p.x), x(i), HEIGHT - BOTTOM + 10);
  });
}

function line(context: CanvasRenderingContext2D, points: readonly (readonly number[])[]): void {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x ?? 0, y ?? 0);
  context.stroke();
}
