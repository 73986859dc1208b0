/**
 * What a person has taught: classes, their pictures, queries and settings, as
 * plain immutable data with pure functions from one state to the next. Pixels,
 * features and results live elsewhere; a session only names pictures.
 */
import type { Context, Distance, Head, PictureId } from "../../package/src/protocol.ts";

export type ClassId = string;

export interface ClassEntry {
  readonly id: ClassId;
  readonly name: string;
  /** Index into the palette of the style sheet. */
  readonly colour: number;
  readonly enabled: boolean;
  readonly pictures: readonly PictureId[];
}

export interface Query {
  readonly picture: PictureId;
  /** The class it truly is, where a sample or the person has said so. */
  readonly truth: ClassId | null;
}

export interface Settings {
  /** Null: the model's own. */
  readonly head: Head | null;
  /** Null: the model's own. */
  readonly distance: Distance | null;
  readonly context: Context;
  readonly hallucinations: number;
  /** Factor on the model's own temperature. */
  readonly temperatureFactor: number;
  /** Shift of the model's threshold for "none of these", as a share of it; null switches it off. */
  readonly rejectionShift: number | null;
  readonly seed: number;
}

export interface Session {
  readonly modelId: string;
  /** The sample it began as, which a link can name. */
  readonly sample: string | null;
  readonly classes: readonly ClassEntry[];
  readonly queries: readonly Query[];
  /** Pictures that were asked about, and that the person has put into a class since. */
  readonly corrected: readonly PictureId[];
  readonly settings: Settings;
}

export const PALETTE_SIZE = 10;
export const MAX_HALLUCINATIONS = 200;

export const DEFAULT_SETTINGS: Settings = {
  head: null,
  distance: null,
  context: "inductive",
  hallucinations: 0,
  temperatureFactor: 1,
  rejectionShift: 0,
  seed: 0,
};

export function emptySession(modelId: string): Session {
  return {
    modelId,
    sample: null,
    classes: [],
    queries: [],
    corrected: [],
    settings: DEFAULT_SETTINGS,
  };
}

/** The smallest palette index that no class uses, so that colours stay apart. */
export function freeColour(session: Session): number {
  const used = new Set(session.classes.map((c) => c.colour));
  for (let i = 0; i < PALETTE_SIZE; i++) if (!used.has(i)) return i;
  return session.classes.length % PALETTE_SIZE;
}

export function addClass(session: Session, id: ClassId, name: string): Session {
  const entry = { id, name, colour: freeColour(session), enabled: true, pictures: [] };
  return { ...session, classes: [...session.classes, entry] };
}

export function updateClass(
  session: Session,
  id: ClassId,
  change: Partial<Omit<ClassEntry, "id">>,
): Session {
  return {
    ...session,
    classes: session.classes.map((c) => (c.id === id ? { ...c, ...change } : c)),
  };
}

export function removeClass(session: Session, id: ClassId): Session {
  return {
    ...session,
    classes: session.classes.filter((c) => c.id !== id),
    queries: session.queries.map((q) => (q.truth === id ? { ...q, truth: null } : q)),
  };
}

/** Puts a class where another stands. */
export function placeClass(session: Session, id: ClassId, at: ClassId): Session {
  const index = (of: ClassId) => session.classes.findIndex((c) => c.id === of);
  return moveClass(session, id, index(at) - index(id));
}

/** Moves a class by `offset` places; past either end it stays there. */
export function moveClass(session: Session, id: ClassId, offset: number): Session {
  const from = session.classes.findIndex((c) => c.id === id);
  const moved = session.classes[from];
  if (!moved) return session;
  const to = Math.max(0, Math.min(session.classes.length - 1, from + offset));
  const classes = session.classes.filter((c) => c.id !== id);
  classes.splice(to, 0, moved);
  return { ...session, classes };
}

export function addSupport(session: Session, id: ClassId, pictures: PictureId[]): Session {
  return {
    ...session,
    classes: session.classes.map((c) =>
      c.id === id ? { ...c, pictures: [...c.pictures, ...pictures] } : c,
    ),
  };
}

export function addQueries(
  session: Session,
  pictures: PictureId[],
  truth: ClassId | null = null,
): Session {
  return {
    ...session,
    queries: [...session.queries, ...pictures.map((picture) => ({ picture, truth }))],
  };
}

/** Takes a picture out of every class, the queries and what was corrected. */
export function removePicture(session: Session, picture: PictureId): Session {
  return {
    ...session,
    classes: session.classes.map((c) =>
      c.pictures.includes(picture)
        ? { ...c, pictures: c.pictures.filter((p) => p !== picture) }
        : c,
    ),
    queries: session.queries.filter((q) => q.picture !== picture),
    corrected: session.corrected.filter((p) => p !== picture),
  };
}

/** A picture, from wherever it is, becomes support of a class. */
export function movePicture(session: Session, picture: PictureId, to: ClassId): Session {
  if (classOf(session, picture)?.id === to) return session;
  const wasAsked = session.queries.some((q) => q.picture === picture);
  const isCorrected = wasAsked || session.corrected.includes(picture);
  const moved = addSupport(removePicture(session, picture), to, [picture]);
  return isCorrected ? { ...moved, corrected: [...moved.corrected, picture] } : moved;
}

export function moveToQueries(session: Session, picture: PictureId): Session {
  const truth = classOf(session, picture)?.id ?? null;
  return addQueries(removePicture(session, picture), [picture], truth);
}

export function classOf(session: Session, picture: PictureId): ClassEntry | undefined {
  return session.classes.find((c) => c.pictures.includes(picture));
}

export function withSettings(session: Session, change: Partial<Settings>): Session {
  return { ...session, settings: { ...session.settings, ...change } };
}

/** Every picture the session names. */
export function picturesOf(session: Session): PictureId[] {
  return [...session.classes.flatMap((c) => c.pictures), ...session.queries.map((q) => q.picture)];
}

/** Classes that take part: switched on, with at least one picture. */
export function activeClasses(session: Session): ClassEntry[] {
  return session.classes.filter((c) => c.enabled && c.pictures.length > 0);
}
