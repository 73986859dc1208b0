/**
 * A session as one file: an archive with `session.json`, the pictures, and the
 * model where it is the person's own. What is read is checked field by field,
 * since a file may come from anywhere.
 */
import { DISTANCES, HEADS } from "../../package/src/protocol.ts";
import {
  type ClassEntry,
  DEFAULT_SETTINGS,
  MAX_HALLUCINATIONS,
  PALETTE_SIZE,
  picturesOf,
  type Query,
  type Session,
  type Settings,
} from "../state/session.ts";
import type { Kept, KeptPicture } from "./database.ts";
import { writeZip, type ZipEntry } from "./zip.ts";

/** Grows when an older page could not read the file. */
const VERSION = 1;
const INDEX = "session.json";
const MODELS = "models/";
/** What the ids of a person's own models begin with. */
export const OWN = "own:";

export async function toFile({ session, pictures, models }: Kept): Promise<Blob> {
  const files: Record<string, { name: string; type: string; file: string }> = {};
  const entries: ZipEntry[] = [];
  for (const id of picturesOf(session)) {
    const picture = pictures.get(id);
    if (!picture) continue;
    const file = `pictures/${id}/${picture.name.replaceAll("/", "_")}`;
    files[id] = { name: picture.name, type: picture.blob.type, file };
    entries.push({ name: file, data: picture.blob });
  }
  const own = models.get(session.modelId);
  if (own) entries.push({ name: `${MODELS}${session.modelId}`, data: new Blob([own]) });
  const index = JSON.stringify({ fewshot: VERSION, session, pictures: files }, null, 1);
  return writeZip([{ name: INDEX, data: new Blob([index]) }, ...entries]);
}

/** What an archive, or a folder, holds; null where it is no session that this page can read. */
export async function fromEntries(all: ReadonlyMap<string, Blob>): Promise<Kept | null> {
  const entries = rooted(all);
  const index = record(parse((await entries.get(INDEX)?.text()) ?? ""));
  if (index.fewshot !== VERSION) return null;
  const pictures = new Map<string, KeptPicture>();
  for (const [id, value] of Object.entries(record(index.pictures))) {
    const { name, type, file } = record(value);
    const data = entries.get(String(file));
    if (data)
      pictures.set(id, { name: String(name), blob: new Blob([data], { type: String(type) }) });
  }
  const models = new Map<string, ArrayBuffer>();
  // Only a person's own: no file takes the place of a model of the site.
  for (const [name, data] of entries)
    if (name.startsWith(MODELS + OWN))
      models.set(name.slice(MODELS.length), await data.arrayBuffer());
  const session = readSession(record(index.session), (id) => pictures.has(id));
  const ids = [...session.classes.map((c) => c.id), ...picturesOf(session)];
  if (new Set(ids).size < ids.length) return null;
  return { session, pictures, models };
}

/** Who packs a folder again puts it into the archive whole. */
function rooted(entries: ReadonlyMap<string, Blob>): ReadonlyMap<string, Blob> {
  const index = [...entries.keys()].find((name) => name.endsWith(`/${INDEX}`));
  if (entries.has(INDEX) || index === undefined) return entries;
  const root = index.slice(0, -INDEX.length);
  const inside = [...entries].filter(([name]) => name.startsWith(root));
  return new Map(inside.map(([name, data]) => [name.slice(root.length), data]));
}

type Fields = Record<string, unknown>;

function record(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A session of whatever shape it claims to have: what is missing or wrong takes its default. */
export function readSession(fields: Fields, has: (picture: string) => boolean): Session {
  const classes = list(fields.classes).map(
    (c): ClassEntry => ({
      id: String(c.id),
      name: String(c.name),
      colour: number(c.colour, 0, PALETTE_SIZE - 1, 0),
      enabled: c.enabled !== false,
      pictures: Array.isArray(c.pictures) ? c.pictures.map(String).filter(has) : [],
    }),
  );
  const ids = new Set(classes.map((c) => c.id));
  const queries = list(fields.queries)
    .map((q): Query => {
      const truth = typeof q.truth === "string" && ids.has(q.truth) ? q.truth : null;
      return { picture: String(q.picture), truth };
    })
    .filter((q) => has(q.picture));
  return {
    modelId: String(fields.modelId ?? ""),
    sample: typeof fields.sample === "string" ? fields.sample : null,
    classes,
    queries,
    corrected: Array.isArray(fields.corrected) ? fields.corrected.map(String).filter(has) : [],
    settings: readSettings(record(fields.settings)),
  };
}

function readSettings(fields: Fields): Settings {
  const shift = fields.rejectionShift;
  return {
    head: HEADS.find((h) => h === fields.head) ?? null,
    distance: DISTANCES.find((d) => d === fields.distance) ?? null,
    context: fields.context === "transductive" ? "transductive" : "inductive",
    hallucinations: Math.round(number(fields.hallucinations, 0, MAX_HALLUCINATIONS, 0)),
    temperatureFactor: number(
      fields.temperatureFactor,
      1 / 64,
      64,
      DEFAULT_SETTINGS.temperatureFactor,
    ),
    rejectionShift: shift === null ? null : number(shift, -1, 1, 0),
    seed: Math.round(number(fields.seed, 0, 2 ** 32 - 1, 0)),
  };
}

function number(value: unknown, low: number, high: number, otherwise: number): number {
  return typeof value === "number" && value >= low && value <= high ? value : otherwise;
}
