/**
 * Where the points of the map are drawn: the projection scaled into the unit
 * square, turned so that it resembles what was there before, and approached
 * step by step so that the eye can follow. Projecting itself is the learner's.
 */
import type { ProjectionPoint } from "../../../package/src/protocol.ts";
import type { Projection } from "../../state/store.ts";

export interface Placed {
  readonly key: string;
  readonly point: ProjectionPoint;
  /** In the unit square; y grows downwards. */
  x: number;
  y: number;
  targetX: number;
  targetY: number;
}

const EDGE = 0.06;
/** Share of the way to the target that one frame covers. */
const APPROACH = 0.16;
const ARRIVED = 0.0004;

export class Layout {
  placed: Placed[] = [];
  #run: readonly ProjectionPoint[] | null = null;
  #flip: [number, number] = [1, 1];

  /** Takes a new frame as the target; `still` jumps there at once. */
  aim(projection: Projection | null, still: boolean): void {
    if (!projection) {
      this.placed = [];
      this.#run = null;
      return;
    }
    const before = new Map(this.placed.map((p) => [p.key, p]));
    const positions = fit(projection.coordinates, projection.points.length);
    const keys = keysOf(projection.points);
    if (this.#run !== projection.points) {
      this.#run = projection.points;
      this.#flip = likeness(positions, keys, before);
    }
    const [flipX, flipY] = this.#flip;
    this.placed = projection.points.map((point, i) => {
      const key = keys[i] ?? "";
      const targetX = 0.5 + flipX * ((positions[2 * i] ?? 0.5) - 0.5);
      const targetY = 0.5 + flipY * ((positions[2 * i + 1] ?? 0.5) - 0.5);
      const old = before.get(key) ?? origin(point, before);
      const [x, y] = old && !still ? [old.x, old.y] : [targetX, targetY];
      return { key, point, x, y, targetX, targetY };
    });
  }

  /** One frame nearer; whether anything still moves. */
  step(): boolean {
    let moves = false;
    for (const p of this.placed) {
      const dx = p.targetX - p.x;
      const dy = p.targetY - p.y;
      if (Math.abs(dx) + Math.abs(dy) < ARRIVED) {
        p.x = p.targetX;
        p.y = p.targetY;
      } else {
        p.x += dx * APPROACH;
        p.y += dy * APPROACH;
        moves = true;
      }
    }
    return moves;
  }
}

/** What a point is, whatever its place in the list. */
function keysOf(points: readonly ProjectionPoint[]): string[] {
  const counts = new Map<string, number>();
  return points.map(({ kind, classId, picture }) => {
    if (picture !== null && kind !== "hallucinated")
      return `${kind === "query" ? "q" : "s"}${picture}`;
    const group = `${kind}:${classId}`;
    const n = counts.get(group) ?? 0;
    counts.set(group, n + 1);
    return `${group}:${n}`;
  });
}

/** A new imagined feature springs from its class's prototype. */
function origin(point: ProjectionPoint, before: ReadonlyMap<string, Placed>): Placed | undefined {
  return point.kind === "hallucinated" ? before.get(`prototype:${point.classId}:0`) : undefined;
}

/** The coordinates scaled alike in x and y to fill the unit square, y turned down. */
function fit(coordinates: Float32Array, count: number): Float32Array {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    const x = coordinates[2 * i] ?? 0;
    const y = coordinates[2 * i + 1] ?? 0;
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  const scale = (1 - 2 * EDGE) / Math.max(right - left, high - low, 1e-9);
  const fitted = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    fitted[2 * i] = 0.5 + ((coordinates[2 * i] ?? 0) - (left + right) / 2) * scale;
    fitted[2 * i + 1] = 0.5 - ((coordinates[2 * i + 1] ?? 0) - (low + high) / 2) * scale;
  }
  return fitted;
}

/** For each axis 1 or −1, whichever brings the points nearer to where they were. */
function likeness(
  positions: Float32Array,
  keys: readonly string[],
  before: ReadonlyMap<string, Placed>,
): [number, number] {
  let [alongX, alongY] = [0, 0];
  keys.forEach((key, i) => {
    const old = before.get(key);
    if (!old) return;
    alongX += ((positions[2 * i] ?? 0.5) - 0.5) * (old.targetX - 0.5);
    alongY += ((positions[2 * i + 1] ?? 0.5) - 0.5) * (old.targetY - 0.5);
  });
  return [alongX < 0 ? -1 : 1, alongY < 0 ? -1 : 1];
}
