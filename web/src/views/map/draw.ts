/**
 * Draws the map on a canvas: imagined features as faint dots, examples and
 * questions as small pictures, prototypes as diamonds on top.
 */
import type { PictureId } from "../../../package/src/protocol.ts";
import type { Session } from "../../state/session.ts";
import { type Store, thumbnailUrl } from "../../state/store.ts";
import type { Layout, Placed } from "./layout.ts";

/** Above this, pictures would only cover one another. */
const MAX_PICTURES = 90;
/** Among more points than this, imagined ones too, what is alike lies closer. */
const MANY_POINTS = 120;
const ORDER = { hallucinated: 0, support: 1, query: 2, prototype: 3 } as const;

interface Palette {
  classes: Map<string, string>;
  ink: string;
  paper: string;
}

export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #store: Store;
  #width = 0;
  #height = 0;
  readonly #images = new Map<PictureId, HTMLImageElement>();
  /** Called when a picture has arrived and the map should be drawn again. */
  onImage: () => void = () => {};

  constructor(canvas: HTMLCanvasElement, store: Store) {
    this.#canvas = canvas;
    this.#store = store;
  }

  /** Takes the size of its place on the screen: to ask for it at every frame would hold the page. */
  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
  }

  draw(layout: Layout, active: string | null): void {
    const context = this.#canvas.getContext("2d");
    const [width, height] = [this.#width, this.#height];
    if (!context || width === 0 || height === 0) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    const palette = this.#palette();
    const pictures = layout.placed.filter((p) => p.point.picture !== null).length;
    const isFull = pictures > 40 || layout.placed.length > MANY_POINTS;
    const side = pictures > MAX_PICTURES ? 0 : isFull ? 21 : 28;
    const rank = (p: Placed) => ORDER[p.point.kind] + (p.key === active ? 10 : 0);
    for (const placed of [...layout.placed].sort((a, b) => rank(a) - rank(b))) {
      const [x, y] = [placed.x * width, placed.y * height];
      const colour = this.#colour(placed, palette);
      const grown = placed.key === active ? 1.5 : 1;
      if (placed.point.kind === "hallucinated") dot(context, x, y, colour, grown);
      else if (placed.point.kind === "prototype") diamond(context, x, y, colour, palette, grown);
      else this.#picture(context, placed, x, y, side * grown, colour, palette);
    }
  }

  #picture(
    context: CanvasRenderingContext2D,
    { point }: Placed,
    x: number,
    y: number,
    side: number,
    colour: string,
    palette: Palette,
  ): void {
    const isQuery = point.kind === "query";
    const image = side > 0 && point.picture !== null ? this.#image(point.picture) : null;
    const half = image ? side / 2 : 5;
    context.beginPath();
    if (isQuery) context.arc(x, y, half, 0, 2 * Math.PI);
    else context.roundRect(x - half, y - half, 2 * half, 2 * half, image ? 5 : 2);
    if (image) {
      context.save();
      context.clip();
      cover(context, image, x - half, y - half, 2 * half);
      context.restore();
    } else {
      context.fillStyle = isQuery ? palette.paper : colour;
      context.fill();
    }
    context.lineWidth = image ? 2.5 : 2;
    context.strokeStyle = colour;
    context.setLineDash(isQuery && image ? [4, 2.5] : []);
    context.stroke();
    context.setLineDash([]);
  }

  #image(id: PictureId): HTMLImageElement | null {
    const picture = this.#store.pictures.get(id);
    const url = thumbnailUrl(picture);
    if (url === null) return null;
    let image = this.#images.get(id);
    if (!image) {
      image = new Image();
      image.src = url;
      image.addEventListener("load", () => this.onImage());
      this.#images.set(id, image);
    }
    return image.complete && image.naturalWidth > 0 ? image : null;
  }

  /** Forgets pictures that are gone. */
  prune(): void {
    for (const id of this.#images.keys())
      if (!this.#store.pictures.has(id)) this.#images.delete(id);
  }

  #palette(): Palette {
    const style = getComputedStyle(this.#canvas);
    const value = (name: string) => style.getPropertyValue(name).trim();
    const { classes }: Session = this.#store.session;
    return {
      classes: new Map(classes.map((c) => [c.id, value(`--c${c.colour}`)])),
      ink: value("--ink"),
      paper: value("--card"),
    };
  }

  /** A question has the colour of the class it was taken for. */
  #colour({ point }: Placed, palette: Palette): string {
    const answer = this.#store.classification;
    if (point.kind === "query" && answer) {
      const result = answer.queries.find((q) => q.picture === point.picture);
      const best = result?.probabilities.indexOf(Math.max(...result.probabilities)) ?? -1;
      return palette.classes.get(answer.classIds[best] ?? "") ?? palette.ink;
    }
    return palette.classes.get(point.classId ?? "") ?? palette.ink;
  }
}

function dot(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  colour: string,
  grown: number,
): void {
  context.globalAlpha = 0.45;
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, 2.6 * grown, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
}

function diamond(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  colour: string,
  palette: Palette,
  grown: number,
): void {
  const half = 9 * grown;
  context.beginPath();
  context.moveTo(x, y - half);
  context.lineTo(x + half, y);
  context.lineTo(x, y + half);
  context.lineTo(x - half, y);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = palette.paper;
  context.stroke();
}

/** The middle of a picture, filling a square. */
function cover(
  context: CanvasRenderingContext2D,
  image: HTMLImageElement,
  x: number,
  y: number,
  side: number,
): void {
  const { naturalWidth: w, naturalHeight: h } = image;
  const short = Math.min(w, h);
  context.drawImage(image, (w - short) / 2, (h - short) / 2, short, short, x, y, side, side);
}
