/** Sample episodes: the index that lists them. Fetching their pictures is not here. */

export interface Sample {
  readonly id: string;
  readonly title: string;
  /** The model that it cannot do without; null where any will do. */
  readonly model: string | null;
  readonly ways: readonly { readonly name: string; readonly support: readonly string[] }[];
  readonly queries: readonly { readonly file: string; readonly truth: string }[];
}

function isSample(value: unknown): value is Sample {
  const sample = value as Partial<Sample> | null;
  return (
    typeof sample === "object" &&
    sample !== null &&
    typeof sample.id === "string" &&
    typeof sample.title === "string" &&
    (sample.model === null || typeof sample.model === "string") &&
    Array.isArray(sample.ways) &&
    Array.isArray(sample.queries)
  );
}

export function readSamples(index: unknown): Sample[] {
  return Array.isArray(index) ? index.filter(isSample) : [];
}

/** Every file of a sample, once. */
export function filesOf(sample: Sample): string[] {
  const support = sample.ways.flatMap((way) => way.support);
  return [...new Set([...support, ...sample.queries.map((query) => query.file)])];
}
