/** The numbers of an evaluation: ways, shots, queries, episodes. */
import type { Plan } from "../../control/evaluate.ts";
import { h } from "../../dom.ts";
import { t } from "../../strings/index.ts";

const FIELDS = [
  ["ways", t.ways, 2, 100],
  ["shots", t.shots, 1, 100],
  ["queries", t.queriesPerClass, 1, 100],
  ["episodes", t.episodes, 10, 10_000],
] as const;

export interface PlanFields {
  readonly element: HTMLElement;
  set(plan: Plan): void;
  get(): Plan;
}

export function planFields(): PlanFields {
  const inputs = FIELDS.map(([key, name, min, max]) => {
    const input = h("input", { type: "number", class: "number", id: `plan-${key}`, min, max });
    const label = h("label", { for: input.id, class: "hint" }, name);
    return { key, min, max, input, element: h("div", { class: "plan-field" }, label, input) };
  });
  const value = (key: keyof Plan) => {
    const field = inputs.find((f) => f.key === key);
    if (!field) return 1;
    const { input, min, max } = field;
    const number = Math.round(input.valueAsNumber);
    const valid = Number.isFinite(number) ? Math.min(max, Math.max(min, number)) : min;
    input.valueAsNumber = valid;
    return valid;
  };
  return {
    element: h("div", { class: "plan" }, ...inputs.map((f) => f.element)),
    set: (plan) => {
      for (const { key, input } of inputs) input.valueAsNumber = plan[key];
    },
    get: () => ({
      ways: value("ways"),
      shots: value("shots"),
      queries: value("queries"),
      episodes: value("episodes"),
    }),
  };
}
