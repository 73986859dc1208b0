/**
 * What crosses between TypeScript and the learner in WebAssembly. Written by `cargo xtask types`
 * from `wasm/src/types.rs`: change it there.
 */

/** What is fitted to the examples and scores. */
export const HEADS = ["prototype", "ridge"] as const;
export type Head = (typeof HEADS)[number];

/** Between features. */
export const DISTANCES = ["l2", "cosine", "dot"] as const;
export type Distance = (typeof DISTANCES)[number];

/** What a query's answer may depend on. */
export const CONTEXTS = ["inductive", "centred", "transductive"] as const;
export type Context = (typeof CONTEXTS)[number];

/** What hallucinates. */
export const GENERATORS = ["reference", "residual", "covariance"] as const;
export type Generator = (typeof GENERATORS)[number];

/**
 * What a model file says about itself.
 */
export type ModelInfo = {
  imageSize: number;
  imageChannels: number;
  /**
   * Of a picture, whose features are averaged.
   */
  views: number;
  featureDim: number;
  parameterCount: number;
  /**
   * The file's own choice, as is the distance.
   */
  head: Head;
  distance: Distance;
  temperatures: Temperatures;
  /**
   * Whether the file holds a generator, without which nothing is hallucinated.
   */
  generator: Generator | null;
  transform: string;
  /**
   * The calibrated score above which a query is "none of these".
   */
  rejection: number | null;
  /**
   * Tells models apart whose features do not mix.
   */
  fingerprint: string;
  provenance: Record<string, unknown>;
};

/**
 * What the scores of each head are divided by before the softmax.
 */
export type Temperatures = { prototype: number; ridge: number };

/**
 * A class and the names of the pictures that teach it.
 */
export type ClassSpec = { id: string; name: string; examples: Array<string> };

/**
 * Everything a prediction depends on: the worker keeps no settings of its own.
 */
export type TaskSpec = {
  classes: Array<ClassSpec>;
  /**
   * Names of the pictures that are asked about.
   */
  queries: Array<string>;
  head: Head;
  context: Context;
  /**
   * Between features; ridge regression knows none.
   */
  distance: Distance;
  hallucinations: number;
  /**
   * Scores are divided by it.
   */
  temperature: number;
  seed: number;
};

/**
 * A result for each query.
 */
export type Classification = {
  /**
   * The task's classes that have examples.
   */
  classIds: Array<string>;
  queries: Array<QueryResult>;
};

export type QueryResult = {
  picture: string;
  /**
   * In the order of `classIds`.
   */
  probabilities: Array<number>;
  /**
   * The same without hallucination; equal where there is none.
   */
  plain: Array<number>;
  /**
   * Nearest support pictures, nearest first.
   */
  nearest: Array<Neighbour>;
  /**
   * How strange the picture is to all classes; above the model's threshold it is "none of these".
   */
  rejectionScore: number;
};

export type Neighbour = { classId: string; picture: string; distance: number };

export type ProjectionMethod = "pca" | "tsne";

/**
 * What a point of a projection is, in the order of its coordinates.
 */
export type ProjectionPoint = { kind: PointKind; classId: string | null; picture: string | null };

export type PointKind = "support" | "hallucinated" | "prototype" | "query";

/**
 * Which parts of a picture speak for a class.
 */
export type Occlusion = {
  /**
   * Side of the square grid.
   */
  side: number;
  /**
   * Row by row: how much the class's probability falls when that part is covered.
   */
  drop: Array<number>;
};

/**
 * Classes, the shape of the episodes, and what answers depend on.
 */
export type EvaluationSpec = {
  classes: Array<ClassSpec>;
  ways: number;
  shots: number;
  /**
   * Of each class.
   */
  queries: number;
  episodes: number;
  head: Head;
  context: Context;
  distance: Distance;
  hallucinations: number;
  temperature: number;
  seed: number;
};

export type Evaluation = {
  accuracy: number;
  /**
   * Half the width of the interval of 95 %.
   */
  ci95: number;
  episodes: number;
  /**
   * Counts, truth by row, prediction by column, in the order of the classes.
   */
  confusion: Array<number>;
  /**
   * Every answer that was given, once, so that a cell of the confusion can open its pictures.
   */
  answers: Array<GivenAnswer>;
};

/**
 * Truth and prediction are numbers of classes.
 */
export type GivenAnswer = { truth: number; predicted: number; picture: string };

/**
 * What went wrong in the learner, in a form that callers have a sentence for.
 */
export type LearnerFailure =
  | "no-model"
  | "bad-model"
  | "bad-picture"
  | "too-large"
  | "too-few"
  | "internal";
