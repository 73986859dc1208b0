/**
 * Classifies the camera's newest frame, again and again: the next frame is
 * taken when the last is answered, so that nothing queues up.
 */

import type { TaskSpec } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import type { Camera } from "../input/camera.ts";
import { isReady } from "../state/store.ts";
import { taskOf, threshold } from "../state/task.ts";
import { type Verdict, verdict } from "../state/verdict.ts";
import { isCancelled, isCrash } from "./failures.ts";

/** The name of the frame in the worker; each replaces the one before. */
const FRAME = "camera-frame";
const PAUSE_WHEN_IDLE_MS = 200;
/** Weight of the newest frame's duration in the average. */
const NEWEST = 0.2;

export interface LiveAnswer {
  readonly verdict: Verdict;
  readonly perSecond: number;
}

/** Runs until aborted; `onAnswer` gets null while there is nothing to compare with. */
export async function classifyLive(
  app: App,
  camera: Camera,
  signal: AbortSignal,
  onAnswer: (answer: LiveAnswer | null) => void,
): Promise<void> {
  let milliseconds = 0;
  try {
    while (!signal.aborted) {
      const start = performance.now();
      const answer = await classifyFrame(app, camera, signal);
      const took = performance.now() - start;
      milliseconds = milliseconds === 0 ? took : milliseconds + NEWEST * (took - milliseconds);
      if (signal.aborted) return;
      onAnswer(answer && { verdict: answer, perSecond: 1000 / milliseconds });
      if (answer) await nextFrame();
      else await new Promise((resolve) => setTimeout(resolve, PAUSE_WHEN_IDLE_MS));
    }
  } finally {
    // A fresh worker after a crash has forgotten it already.
    app.client.call("forget", { pictures: [FRAME] }).catch(() => {});
  }
}

async function classifyFrame(
  app: App,
  camera: Camera,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const { info, session } = app.store;
  if (!info || !camera.isRunning) return null;
  // A frame is alone: there is nothing to look at together.
  const task: TaskSpec = {
    ...taskOf(session, info, isReady(app.store)),
    context: "inductive",
    queries: [FRAME],
  };
  if (task.classes.length < 2) return null;
  try {
    const frame = await camera.frame();
    if (!frame) return null;
    const args = { blob: frame, thumbnail: false };
    await app.client.embed(FRAME, args, { signal, transfer: [frame] });
    const { classIds, queries } = await app.client.call("classify", task, { signal });
    const [result] = queries;
    return result ? verdict(session, classIds, result, threshold(session, info)) : null;
  } catch (error) {
    // A newer question of the page's own came first, or the worker starts anew.
    if (isCancelled(error) || isCrash(error)) return null;
    throw error;
  }
}

function nextFrame(): Promise<number> {
  return new Promise(requestAnimationFrame);
}
