/**
 * Pictures that could not be taken in, or only in part: one of them is told by name, many of a kind
 * in one notice with their number, their names on demand, and the cure.
 */
import type { FailureCode } from "../../package/src/protocol.ts";
import type { Store } from "../state/store.ts";
import { t } from "../strings/index.ts";
import { codeOf, cure, sentence } from "./failures.ts";

/** So long after the last one all of a kind are told together. */
const GATHER_MS = 150;

interface Kind {
  names: string[];
  say(names: readonly string[]): string;
  timer: ReturnType<typeof setTimeout> | undefined;
  notice: number | null;
}

export class PictureNotices {
  readonly #store: Store;
  readonly #kinds = new Map<FailureCode | "torn", Kind>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** A picture could not be taken in. */
  refused(name: string, error: unknown): void {
    this.#add(codeOf(error), name, (names) =>
      names.length === 1 ? sentence(error, name) : t.refused(names.length, cure(error)),
    );
  }

  /** A picture's file ends early, and what is missing was not seen. */
  torn(name: string): void {
    this.#add("torn", name, (names) =>
      names.length === 1 ? t.torn(name) : t.tornMany(names.length),
    );
  }

  #add(code: FailureCode | "torn", name: string, say: Kind["say"]): void {
    const isShown = (id: number | null) => this.#store.notices.some((n) => n.id === id);
    let kind = this.#kinds.get(code);
    // What has been read and dismissed is not told again.
    if (!kind || (kind.notice !== null && !isShown(kind.notice)))
      kind = { names: [], say, timer: undefined, notice: null };
    this.#kinds.set(code, kind);
    kind.names.push(name);
    clearTimeout(kind.timer);
    const told = kind;
    kind.timer = setTimeout(() => this.#tell(told), GATHER_MS);
  }

  #tell(kind: Kind): void {
    const { names, say } = kind;
    if (kind.notice !== null) this.#store.dismiss(kind.notice);
    const told = { kind: "error", text: say(names) } as const;
    kind.notice = this.#store.notify(names.length === 1 ? told : { ...told, names });
  }
}
