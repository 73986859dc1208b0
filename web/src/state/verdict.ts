/** What an answer comes to: the likeliest class, or none of them. */
import type { QueryResult } from "../../package/src/protocol.ts";
import type { ClassEntry, Session } from "./session.ts";

export interface Bar {
  readonly entry: ClassEntry;
  readonly probability: number;
  readonly plain: number;
}

export interface Verdict {
  /** In the order of the session's classes. */
  readonly bars: readonly Bar[];
  readonly best: Bar | null;
  readonly rejected: boolean;
  readonly probability: number;
}

/** Classes that are gone since the answer was given are left out. */
export function verdict(
  session: Session,
  classIds: readonly string[],
  query: QueryResult,
  threshold: number | null,
): Verdict {
  const bars = session.classes.flatMap((entry) => {
    const index = classIds.indexOf(entry.id);
    const probability = query.probabilities[index];
    return probability === undefined
      ? []
      : [{ entry, probability, plain: query.plain[index] ?? probability }];
  });
  const best = bars.reduce<Bar | null>(
    (top, bar) => (top === null || bar.probability > top.probability ? bar : top),
    null,
  );
  const rejected = threshold !== null && query.rejectionScore > threshold;
  return {
    bars,
    best,
    rejected,
    probability: best?.probability ?? 0,
  };
}
