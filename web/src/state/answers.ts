/** The answers as a list that can be filtered and ordered: what a person sorts many pictures by. */
import type { Classification, PictureId, QueryResult } from "../../package/src/protocol.ts";
import type { ClassId, Query, Session } from "./session.ts";
import { type Verdict, verdict } from "./verdict.ts";

export interface Answer {
  readonly query: Query;
  /** Null while there is none, as is the verdict. */
  readonly result: QueryResult | null;
  readonly verdict: Verdict | null;
}

/** A class, "none of these", or every answer. */
export type Filter = ClassId | typeof NONE | typeof ALL;
export const ALL = "all";
export const NONE = "none";

export const ORDERS = ["given", "doubt", "teaches", "name"] as const;
export type Order = (typeof ORDERS)[number];

export function answersOf(
  session: Session,
  classification: Classification | null,
  threshold: number | null,
): Answer[] {
  const results = new Map<PictureId, QueryResult>(
    classification?.queries.map((result) => [result.picture, result]),
  );
  return session.queries.map((query) => {
    const result = results.get(query.picture);
    if (!classification || !result) return { query, result: null, verdict: null };
    return { query, result, verdict: verdict(session, classification.classIds, result, threshold) };
  });
}

/** What an answer stands under; null while there is none. */
export function groupOf({ verdict: found }: Answer): Filter | null {
  if (!found) return null;
  return found.rejected ? NONE : (found.best?.entry.id ?? null);
}

/** At most 1: how little the likeliest class leads before the next one: the margin, turned round. */
export function doubt({ verdict: found }: Answer): number {
  if (!found) return 0;
  if (found.rejected) return 1;
  const [first = 0, second = 0] = found.bars.map((bar) => bar.probability).sort((a, b) => b - a);
  return 1 - (first - second);
}

export function select(
  answers: readonly Answer[],
  filter: Filter,
  order: Order,
  nameOf: (picture: PictureId) => string,
  suggested: readonly PictureId[] = [],
): Answer[] {
  const shown = answers.filter((answer) => filter === ALL || groupOf(answer) === filter);
  if (order === "doubt" || order === "teaches") {
    const first = new Map(suggested.map((picture, i) => [picture, suggested.length - i]));
    const doubts = new Map(
      shown.map((answer) => [answer, doubt(answer) + 2 * (first.get(answer.query.picture) ?? 0)]),
    );
    shown.sort((a, b) => (doubts.get(b) ?? 0) - (doubts.get(a) ?? 0));
  } else if (order === "name") {
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    shown.sort((a, b) => compare(nameOf(a.query.picture), nameOf(b.query.picture)));
  }
  return shown;
}
