/** Few-shot learning in a page of one's own, or in Node: what this package exports. */

/** An object of the browser, where there is one: Node has no such types. */
type OfBrowser<Name extends string> = typeof globalThis extends {
  [N in Name]: { prototype: infer T };
}
  ? T
  : never;

/** Colour values as a canvas has them (`ImageData` is one): red, green, blue, alpha, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 4 × width × height bytes. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Where a file comes from: an address (in Node also a path), or its content. */
export type Source = string | URL | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/**
 * A picture: an encoded file (JPEG and PNG everywhere, in a browser all that it reads), pixels, or
 * an element of the page.
 */
export type Image =
  | Source
  | Pixels
  | OfBrowser<"HTMLImageElement">
  | OfBrowser<"HTMLCanvasElement">
  | OfBrowser<"HTMLVideoElement">
  | OfBrowser<"OffscreenCanvas">
  | OfBrowser<"ImageBitmap">
  | OfBrowser<"VideoFrame">;

/** What answers depend on besides the examples; what is left out is the model's own choice. */
export interface Settings {
  /** What is fitted to the examples: class means, or ridge regression. */
  head?: "prototype" | "ridge";
  /** Of class means. */
  distance?: "l2" | "cosine" | "dot";
  /** Examples imagined for each class, by the model's generator; 0 without being asked. */
  hallucinations?: number;
  /** Scores are divided by it before they become probabilities. */
  temperature?: number;
  /** Of what is imagined. */
  seed?: number;
  /** The novelty above which a picture is none of the classes; null: never. */
  threshold?: number | null;
}

export interface Options extends Settings {
  /** While the model arrives; `total` is 0 where it is not known. */
  onProgress?: (bytes: { received: number; total: number }) => void;
  /** Ends the loading. */
  signal?: AbortSignal;
}

export interface Answer {
  /** The likeliest class; null where the picture is none of them. */
  label: string | null;
  /** Of each class; together 1, whatever the label. */
  probabilities: Record<string, number>;
  /** How strange the picture is to all classes: what the threshold is compared with. */
  novelty: number;
  /** Whether the picture's file ends early, so that a part of it is missing. */
  torn: boolean;
}

/** What went wrong, in a word. */
export type FailureCode =
  | "cancelled"
  | "crashed"
  | "network"
  | "no-model"
  | "bad-model"
  | "bad-picture"
  | "gone"
  | "heic"
  | "too-large"
  | "too-few"
  | "internal";

/** Why something was not done, in a sentence that names the picture and what helps. */
export interface FewshotError extends Error {
  readonly name: "FewshotError";
  readonly code: FailureCode;
}

/** Classes taught by example. Whatever it is asked for is rejected with a {@link FewshotError}. */
export interface Learner {
  /** The classes, with how many examples each has. */
  readonly classes: readonly { readonly name: string; readonly examples: number }[];
  /**
   * Teaches a class by a picture; resolves to the example's name, for {@link Learner.remove}. A
   * picture whose file ends early is refused.
   */
  add(name: string, image: Image): Promise<string>;
  /** Forgets a class, or one example of it; the class goes with its last one. */
  remove(name: string, example?: string): void;
  /** Which class a picture is. Examples still being added are waited for. */
  classify(image: Image): Promise<Answer>;
  /**
   * Puts in place of all classes and settings those of a classifier that was saved. One that was
   * taught with all questions looked at together answers each by itself here.
   */
  open(classifier: Source): Promise<void>;
  /** The classes and settings as a file, without pictures: what `open` reads. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends the worker; nothing more can be asked. */
  close(): void;
}

export interface Fewshot {
  /** Fetches a model and starts a learner without classes. */
  load(model: Source, options?: Options): Promise<Learner>;
}

export declare const Fewshot: Fewshot;
