/** From a session to what the worker computes on: only classes and pictures that are ready. */
import type { ModelInfo, PictureId, TaskSpec } from "../../package/src/protocol.ts";
import type { Session } from "./session.ts";

export function taskOf(
  session: Session,
  model: ModelInfo,
  ready: (picture: PictureId) => boolean,
): TaskSpec {
  const { distance, context, hallucinations, temperatureFactor, seed } = session.settings;
  const head = session.settings.head ?? model.head;
  const classes = session.classes
    .filter((c) => c.enabled)
    .map((c) => ({ id: c.id, name: c.name, examples: c.pictures.filter(ready) }))
    .filter((c) => c.examples.length > 0);
  return {
    classes,
    queries: session.queries.map((q) => q.picture).filter(ready),
    head,
    context,
    distance: distance ?? model.distance,
    hallucinations: model.generator === null ? 0 : hallucinations,
    temperature: model.temperatures[head] * temperatureFactor,
    seed,
  };
}

/** The rejection score above which a query is none of the classes; null if there is none. */
export function threshold(session: Session, model: ModelInfo): number | null {
  const shift = session.settings.rejectionShift;
  if (model.rejection === null || shift === null) return null;
  return model.rejection - shift * Math.abs(model.rejection);
}
