/**
 * Undo and redo over immutable states. Changes with the same key that follow
 * one another closely (typing a name, dragging a slider) are one step.
 */
export interface Step<T> {
  readonly state: T;
  /** What was done to reach the next state; the toast names it. */
  readonly label: string;
}

export interface History<T> {
  readonly past: readonly Step<T>[];
  readonly present: T;
  readonly future: readonly Step<T>[];
  readonly mergeKey: string | null;
  readonly changedAt: number;
}

const MAX_STEPS = 100;
const MERGE_WITHIN_MS = 1500;

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], mergeKey: null, changedAt: 0 };
}

export function record<T>(
  history: History<T>,
  next: T,
  label: string,
  now: number,
  mergeKey: string | null = null,
): History<T> {
  if (next === history.present) return history;
  const merges =
    mergeKey !== null &&
    mergeKey === history.mergeKey &&
    now - history.changedAt < MERGE_WITHIN_MS &&
    history.past.length > 0;
  const past = merges
    ? history.past
    : [...history.past, { state: history.present, label }].slice(-MAX_STEPS);
  return { past, present: next, future: [], mergeKey, changedAt: now };
}

export function undo<T>(history: History<T>): History<T> {
  const step = history.past.at(-1);
  if (!step) return history;
  return {
    past: history.past.slice(0, -1),
    present: step.state,
    future: [{ state: history.present, label: step.label }, ...history.future],
    mergeKey: null,
    changedAt: 0,
  };
}

export function redo<T>(history: History<T>): History<T> {
  const [step, ...future] = history.future;
  if (!step) return history;
  return {
    past: [...history.past, { state: history.present, label: step.label }],
    present: step.state,
    future,
    mergeKey: null,
    changedAt: 0,
  };
}

/** Changes every state alike, without a step: for what no undo may bring back. */
export function rewrite<T>(history: History<T>, change: (state: T) => T): History<T> {
  const step = (s: Step<T>) => ({ ...s, state: change(s.state) });
  return {
    ...history,
    past: history.past.map(step),
    present: change(history.present),
    future: history.future.map(step),
  };
}

/** All states that undo or redo can reach, the present among them. */
export function reachable<T>(history: History<T>): T[] {
  return [
    ...history.past.map((s) => s.state),
    history.present,
    ...history.future.map((s) => s.state),
  ];
}
