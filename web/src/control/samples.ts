/** Sample episodes: listed at the start, fetched and turned into a session at a click. */
import { filesOf, readSamples, type Sample } from "../state/samples.ts";
import { addClass, addQueries, addSupport, emptySession, type Session } from "../state/session.ts";
import type { Store } from "../state/store.ts";
import { t } from "../strings/index.ts";
import type { Library } from "./library.ts";

export function sampleUrl(file: string): string {
  return new URL(`samples/${file}`, document.baseURI).href;
}

export class Samples {
  readonly #store: Store;
  readonly #library: Library;
  /** The sample on its way. */
  loading: string | null = null;

  constructor(store: Store, library: Library) {
    this.#store = store;
    this.#library = library;
  }

  /** Offers the samples; where there may be a session to bring back, after it has been. */
  async start(restored: Promise<void>): Promise<void> {
    const samples = await listed();
    await restored;
    this.#store.samples = samples;
    this.#store.changed();
  }

  /** Makes a sample the session, as a step that undo takes back. */
  async load(sample: Sample): Promise<void> {
    this.loading = sample.id;
    this.#store.changed();
    try {
      const files = filesOf(sample);
      const blobs = await Promise.all(files.map(fetchBlob));
      const incoming = files.map((file, i) => ({
        name: file.split("/").at(-1) ?? file,
        blob: blobs[i] ?? new Blob(),
      }));
      const ids = this.#library.add(incoming);
      const id = (file: string) => ids[files.indexOf(file)] ?? "";
      this.#store.change(this.#session(sample, id), t.actions.sample);
    } catch {
      const title = t.sampleTitles[sample.id] ?? sample.title;
      this.#store.notify({ kind: "error", text: t.sampleFailed(title) });
    } finally {
      this.loading = null;
      this.#store.changed();
    }
  }

  #session(sample: Sample, id: (file: string) => string): Session {
    const { session } = this.#store;
    let next: Session = {
      ...emptySession(this.#model(sample)),
      sample: sample.id,
      settings: session.settings,
    };
    sample.ways.forEach((way, i) => {
      const classId = `${sample.id}-${i}`;
      const name = t.sampleClasses[way.name] ?? way.name;
      next = addSupport(addClass(next, classId, name), classId, way.support.map(id));
    });
    for (const query of sample.queries) {
      const truth = sample.ways.findIndex((way) => way.name === query.truth);
      next = addQueries(next, [id(query.file)], next.classes[truth]?.id ?? null);
    }
    return next;
  }

  /** The model a sample needs, where it needs one; else what the person uses, or would. */
  #model(sample: Sample): string {
    const { session, samples, models, usualModel } = this.#store;
    if (sample.model !== null && models.some((m) => m.id === sample.model)) return sample.model;
    const before = samples.find((s) => s.id === session.sample);
    return before?.model === session.modelId ? usualModel : session.modelId;
  }
}

async function listed(): Promise<Sample[]> {
  try {
    const response = await fetch(sampleUrl("index.json"));
    return response.ok ? readSamples(await response.json()) : [];
  } catch {
    return [];
  }
}

async function fetchBlob(file: string): Promise<Blob> {
  const response = await fetch(sampleUrl(file));
  if (!response.ok) throw new Error(`${response.status} ${file}`);
  return response.blob();
}
