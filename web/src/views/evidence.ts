/**
 * Where the evidence lies: what the model sees, warm where covering a part
 * makes the answer less likely. Computed on demand by the worker.
 */
import type { App } from "../app.ts";
import { sentence } from "../control/failures.ts";
import { h } from "../dom.ts";
import type { Occlusion, PictureId } from "../protocol.ts";
import { isReady } from "../state/store.ts";
import { taskOf } from "../state/task.ts";
import { t } from "../strings/index.ts";

/** Drops below this share of one are noise, and no evidence. */
const LEAST_DROP = 0.005;
const STRENGTH = 0.72;

export interface Evidence {
  readonly canvas: HTMLCanvasElement;
  /** A sentence for the card; empty while nothing is shown. */
  readonly note: HTMLElement;
  readonly isShown: () => boolean;
  show(classId: string, className: string): Promise<void>;
  hide(): void;
}

export function evidence(app: App, id: PictureId, image: HTMLImageElement): Evidence {
  const canvas = h("canvas", { hidden: true, "aria-hidden": "true" });
  const note = h("p", { class: "hint", hidden: true, role: "status" });
  let run: AbortController | null = null;
  const hide = () => {
    run?.abort();
    run = null;
    canvas.hidden = true;
    note.hidden = true;
    image.src = app.store.pictures.get(id)?.url ?? "";
  };
  const show = async (classId: string, className: string) => {
    const { info, session, pictures } = app.store;
    const picture = pictures.get(id);
    if (!info || !picture) return;
    run?.abort();
    const current = new AbortController();
    run = current;
    note.hidden = false;
    note.textContent = t.evidenceRunning;
    try {
      const task = taskOf(session, info, isReady(app.store));
      const args = { task, picture: id, blob: picture.blob, classId };
      const occlusion = await app.client.call("occlude", args, { signal: current.signal });
      image.src = picture.view ?? picture.url;
      paint(canvas, occlusion);
      canvas.hidden = false;
      note.textContent = t.evidenceOf(className);
    } catch (error) {
      if (current.signal.aborted) return;
      hide();
      app.store.notify({ kind: "error", text: sentence(error, picture.name) });
    }
  };
  return { canvas, note, isShown: () => run !== null, show, hide };
}

/** One pixel a cell: the browser's own smoothing makes it soft. */
function paint(canvas: HTMLCanvasElement, { side, drop }: Occlusion): void {
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  if (!context) return;
  const most = Math.max(LEAST_DROP, ...drop);
  const pixels = context.createImageData(side, side);
  drop.forEach((value, i) => {
    const warmth = Math.max(0, value / most);
    pixels.data.set([255, 90 + 120 * (1 - warmth), 20, 255 * STRENGTH * warmth], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
}
