/** What the model in use says of itself: its configuration, and where it comes from. */

import type { ModelInfo } from "../../package/src/protocol.ts";
import type { App } from "../app.ts";
import { h } from "../dom.ts";
import { formatDecimal, formatInteger, t } from "../strings/index.ts";

/** Entries of the provenance that say something to a person. */
const PROVENANCE = ["data", "split", "recipe", "stage", "seed", "commit"] as const;

export function modelDetails({ store, client }: App): HTMLElement {
  const list = h("dl", { class: "facts" });
  const element = h("details", { class: "more" }, h("summary", {}, t.modelDetails), list);
  const by = t.computedBy(client.moduleKind === "relaxed", client.encoders);
  const computed = [t.facts.computed, by] as const;
  let shown: ModelInfo | null = null;
  store.subscribe(() => {
    element.hidden = store.info === null;
    if (store.info === shown || store.info === null) return;
    shown = store.info;
    list.replaceChildren(
      ...[...facts(shown), computed].map(([name, value]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, value)),
      ),
    );
  });
  return element;
}

function facts(info: ModelInfo): [string, string][] {
  const { facts } = t;
  return [
    [facts.input, t.modelInput(info.imageSize, info.imageChannels === 3)],
    [facts.views, formatInteger(info.views)],
    [facts.features, formatInteger(info.featureDim)],
    [facts.transform, info.transform],
    [facts.parameters, formatInteger(info.parameterCount)],
    [facts.generator, info.generator ?? t.modelNoGenerator],
    [facts.head, t.heads[info.head]],
    [facts.distance, t.distances[info.distance]],
    [facts.temperature, formatDecimal(info.temperatures[info.head])],
    [facts.rejection, info.rejection === null ? t.modelNoRejection : formatDecimal(info.rejection)],
    ...PROVENANCE.flatMap((key): [string, string][] => {
      const value = info.provenance[key];
      return typeof value === "string" || typeof value === "number"
        ? [[facts[key], String(value)]]
        : [];
    }),
  ];
}
