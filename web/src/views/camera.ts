/** The camera in a window: pictures for a class, or answers as it looks around. */
import type { App } from "../app.ts";
import type { Target } from "../control/actions.ts";
import { sentence } from "../control/failures.ts";
import { classifyLive } from "../control/live.ts";
import { h, setText } from "../dom.ts";
import { Camera } from "../input/camera.ts";
import { fromList } from "../input/files.ts";
import { formatInteger, formatPercent, t } from "../strings/index.ts";
import { bars } from "./bars.ts";
import { button, fileChooser, PICTURES } from "./controls.ts";
import { openDialog } from "./dialog.ts";

/** Between pictures while the button is held. */
const BURST_MS = 160;

export function openCamera(app: App, target: Target, title: string): void {
  const video = h("video", { playsinline: true, class: "camera-picture", "aria-label": t.camera });
  video.muted = true;
  const camera = new Camera(video);
  const over = new AbortController();
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const taken = h("p", { class: "hint", role: "status" });
  const use = async (opened: Promise<void>) => {
    try {
      await opened;
      problem.hidden = true;
      // As in a mirror, unless it looks away from the person.
      video.classList.toggle("mirrored", camera.facing !== "environment");
      turn.hidden = (await Camera.count()) < 2;
    } catch (error) {
      problem.hidden = false;
      setText(problem, cause(error));
    }
    // A window that was closed meanwhile leaves no camera on.
    if (over.signal.aborted) camera.stop();
  };
  const turn = button(t.turnCamera, () => void use(camera.turn()), {
    icon: "turn",
    class: "text-button",
  });
  turn.hidden = true;
  const shutter = shutterButton(app, camera, target, taken);
  const content = h(
    "div",
    { class: "camera" },
    problem,
    h("div", { class: "camera-frame" }, video),
    h("div", { class: "row" }, shutter, turn, phoneCamera(app, target)),
    taken,
  );
  if (target.kind === "queries") content.append(live(app, camera, over.signal));
  openDialog(title, content, {
    onClose: () => {
      over.abort();
      camera.stop();
    },
  });
  if (Camera.isPossible) void use(camera.start());
  else {
    problem.hidden = false;
    setText(problem, t.cameraImpossible);
  }
}

/** A phone's own camera, with all its lenses, works where pages get none: over http, too. */
function phoneCamera(app: App, target: Target): HTMLElement | false {
  if (!matchMedia("(pointer: coarse)").matches) return false;
  return fileChooser(t.phoneCamera, {
    accept: PICTURES,
    capture: true,
    icon: "camera",
    class: "text-button",
    onFiles: (files) => void app.take(fromList(files), target),
  });
}

/** One picture a press; held, one after the other. */
function shutterButton(
  app: App,
  camera: Camera,
  target: Target,
  taken: HTMLElement,
): HTMLButtonElement {
  let count = 0;
  let timer = 0;
  const take = async () => {
    if (!camera.isRunning) return;
    const file = await camera.photograph(`${t.cameraPicture} ${++count}.jpg`);
    app.keeper.hold();
    app.actions.addPictures([{ name: file.name, blob: file }], target);
    setText(taken, t.taken(count));
  };
  const stop = () => clearInterval(timer);
  const shutter = button(t.takePicture, () => {}, { icon: "camera", class: "button primary" });
  shutter.addEventListener("pointerdown", (event) => {
    shutter.setPointerCapture(event.pointerId);
    void take();
    timer = setInterval(() => void take(), BURST_MS);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
    shutter.addEventListener(end, stop);
  // A click without a pointer is the keyboard's.
  shutter.addEventListener("click", (event) => {
    if (event.detail === 0) void take();
  });
  return shutter;
}

function live(app: App, camera: Camera, signal: AbortSignal): HTMLElement {
  const label = h("strong", { class: "answer" });
  const rate = h("span", { class: "hint" });
  const chart = bars();
  const hint = h("p", { class: "hint" }, t.needClasses);
  classifyLive(app, camera, signal, (answer) => {
    hint.hidden = answer !== null;
    if (!answer) return;
    const { best, rejected, probability, bars: all } = answer.verdict;
    const name = rejected ? t.noneOfThese : (best?.entry.name ?? "");
    setText(label, rejected ? name : `${name} ${formatPercent(probability)}`);
    setText(rate, t.answersPerSecond(formatInteger(Math.round(answer.perSecond))));
    chart.update(all, best, false);
  }).catch((error: unknown) => {
    app.store.notify({ kind: "error", text: sentence(error, t.camera) });
  });
  const head = h("div", { class: "answer-head" }, label, rate);
  return h("div", { class: "query-answer" }, head, hint, chart.element);
}

function cause(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") return t.cameraForbidden;
  if (name === "NotFoundError" || name === "OverconstrainedError") return t.cameraMissing;
  return t.cameraBusy;
}
