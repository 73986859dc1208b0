/**
 * Where the evidence lies: laid over what the model sees, warm where covering a
 * part makes the answer less likely. Computed on demand by the worker.
 */

import type { Occlusion, PictureId } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { sentence } from "../control/failures.ts";
import { h, setAttribute, setText } from "../dom.ts";
import type { ClassEntry } from "../state/session.ts";
import { isReady } from "../state/store.ts";
import { taskOf } from "../state/task.ts";
import { t } from "../strings/index.ts";
import { iconButton } from "./controls.ts";

/** Drops below this share of one are noise, and no evidence. */
const LEAST_DROP = 0.005;
const STRENGTH = 0.72;

export interface Evidence {
  /** The layer over the picture, and the button that asks for it. */
  readonly layer: readonly HTMLElement[];
  /** A sentence for the card; empty while nothing is shown. */
  readonly note: HTMLElement;
  /** Whether the picture below shall be what the model sees. */
  readonly isPainted: boolean;
  /** The class that the answer names now; null while there is none. */
  follow(answer: ClassEntry | null): void;
}

export function evidence(app: App, id: PictureId): Evidence {
  const canvas = h("canvas", { hidden: true, "aria-hidden": "true" });
  const note = h("p", { class: "hint", hidden: true, role: "status" });
  let answer: ClassEntry | null = null;
  let run: AbortController | null = null;
  const button: HTMLButtonElement = iconButton(
    "evidence",
    t.showEvidence,
    () => (run ? hide() : void show()),
    "evidence-button",
  );
  const show = async () => {
    const { info, session, pictures } = app.store;
    const picture = pictures.get(id);
    if (!info || !picture || !answer) return;
    const { id: classId, name } = answer;
    const current = new AbortController();
    run = current;
    setText(note, t.evidenceRunning);
    app.store.changed();
    try {
      // Copies of one picture with parts covered are no questions to look at together.
      const inductive = { context: "inductive" } as const;
      const task = { ...taskOf(session, info, isReady(app.store)), ...inductive };
      const args = { task, picture: id, blob: picture.blob, classId };
      const [occlusion] = await Promise.all([
        app.client.call("occlude", args, { signal: current.signal }),
        app.library.viewUrl(id),
      ]);
      paint(canvas, occlusion);
      canvas.hidden = false;
      setText(note, t.evidenceOf(name));
    } catch (error) {
      if (current.signal.aborted) return;
      hide();
      app.store.notify({ kind: "error", text: sentence(error, picture.name) });
    }
    app.store.changed();
  };
  const hide = () => {
    run?.abort();
    run = null;
    canvas.hidden = true;
    app.store.changed();
  };
  return {
    layer: [canvas, button],
    note,
    get isPainted() {
      return !canvas.hidden;
    },
    follow: (next) => {
      // Evidence for an answer that is no longer given would mislead.
      if (run && next?.id !== answer?.id) hide();
      answer = next;
      button.hidden = answer === null;
      note.hidden = run === null;
      const label = run ? t.hideEvidence : t.showEvidence;
      setAttribute(button, "aria-label", label);
      setAttribute(button, "title", label);
      setAttribute(button, "aria-pressed", String(run !== null));
    },
  };
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
