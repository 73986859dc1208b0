/**
 * Pictures that could not be taken in: one of them is told by name, many of a kind in one notice
 * with their number, their names on demand, and the cure.
 */
import type { FailureCode } from "../protocol.ts";
import type { Store } from "../state/store.ts";
import { t } from "../strings/index.ts";
import { codeOf, cure, sentence } from "./failures.ts";

/** So long after the last one all of a kind are told together. */
const GATHER_MS = 150;

interface Kind {
  names: string[];
  /** Of the first. */
  error: unknown;
  timer: ReturnType<typeof setTimeout> | undefined;
  notice: number | null;
}

export class Refusals {
  readonly #store: Store;
  readonly #kinds = new Map<FailureCode, Kind>();

  constructor(store: Store) {
    this.#store = store;
  }

  add(name: string, error: unknown): void {
    const code = codeOf(error);
    const isShown = (id: number | null) => this.#store.notices.some((n) => n.id === id);
    let kind = this.#kinds.get(code);
    // What has been read and dismissed is not told again.
    if (!kind || (kind.notice !== null && !isShown(kind.notice)))
      kind = { names: [], error, timer: undefined, notice: null };
    this.#kinds.set(code, kind);
    kind.names.push(name);
    clearTimeout(kind.timer);
    const told = kind;
    kind.timer = setTimeout(() => this.#tell(told), GATHER_MS);
  }

  #tell(kind: Kind): void {
    const { names, error } = kind;
    if (kind.notice !== null) this.#store.dismiss(kind.notice);
    const [first = ""] = names;
    kind.notice = this.#store.notify(
      names.length === 1
        ? { kind: "error", text: sentence(error, first) }
        : { kind: "error", text: t.refused(names.length, cure(error)), names },
    );
  }
}
