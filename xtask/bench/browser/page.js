/** What runs in the browser: the check that all compute the same, and the timing. */
import { fewshot, litert, onnxruntime, prepare, reordered, tensorflow } from "./contenders.js";
import { efficientNetGraph, efficientNetLite0, efficientNetTensors } from "./efficientnet.js";
import { Encoder, Picture, Session } from "./fewshot/fewshot_wasm.js";
import { conv4Graph } from "./graph.js";
import { pictures, task } from "./task.js";
import {
  CHANNELS,
  conv4,
  conv4Tensors,
  folded,
  referenceGenerator,
  SIZE,
  safetensors,
  uniform,
  values,
} from "./weights.js";

/** Largest difference allowed, relative to the largest feature. */
const TOLERANCE = 1e-3;
/** Clocks in browsers are coarse, so so many milliseconds are timed in one piece. */
const PIECE_MS = 25;
const ROUND_MS = 400;
const GENERATOR_ROUNDS = 7;
/** A picture as the page takes it, in pixels. */
const PICTURE = { width: 640, height: 480 };
/** Engines whose features have their channels last. */
const CHANNELS_LAST = ["TensorFlow.js", "LiteRT.js"];

/** The networks that are timed: their file for the learner, and their graph for the others. */
const NETWORKS = {
  "Conv-4": () => {
    const blocks = conv4();
    const file = safetensors(conv4Tensors(blocks));
    return { file, graph: conv4Graph(folded(blocks), SIZE, CHANNELS) };
  },
  "EfficientNet-Lite0": () => {
    const layers = efficientNetLite0();
    return { file: safetensors(efficientNetTensors(layers)), graph: efficientNetGraph(layers) };
  },
};

/** Milliseconds to encode a batch: for each contender a list, a value for each round. */
export async function encoding(network, batch, rounds) {
  const { file, graph } = await NETWORKS[network]();
  const pixels = values(uniform(7), batch * 3 * graph.size * graph.size, -2, 2);
  const contenders = {
    Fewshot: fewshot(file, pixels),
    "onnxruntime-web": await onnxruntime(graph, pixels, batch),
    "TensorFlow.js": await tensorflow(graph, pixels, batch),
    "LiteRT.js": await litert(graph, pixels, batch),
  };
  await check(contenders, batch, graph);
  const timed = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, encode] of Object.entries(contenders)) timed[name].push(await time(encode));
  }
  return timed;
}

export { prepare as versions };

async function check(contenders, batch, graph) {
  const ours = await contenders.Fewshot();
  const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [name, encode] of Object.entries(contenders)) {
    const raw = await encode();
    const theirs = CHANNELS_LAST.includes(name) ? reordered(raw, batch, graph) : raw;
    const off = ours.reduce((most, v, i) => Math.max(most, Math.abs(v - theirs[i])), 0) / largest;
    if (!(off < TOLERANCE) || theirs.length !== ours.length || largest === 0) {
      throw new Error(`the features of ${name} differ by ${off} of the largest`);
    }
  }
}

/** Milliseconds of one call, the median over pieces of a round; the first calls only warm up. */
async function time(encode) {
  const started = performance.now();
  await encode();
  const once = Math.max(performance.now() - started, 0.1);
  const calls = Math.max(1, Math.round(PIECE_MS / once));
  for (let call = 0; call < calls; call++) await encode();
  const pieces = [];
  const from = performance.now();
  while (pieces.length < 3 || performance.now() - from < ROUND_MS) {
    const before = performance.now();
    for (let call = 0; call < calls; call++) await encode();
    pieces.push((performance.now() - before) / calls);
  }
  return median(pieces);
}

/**
 * Milliseconds for a new answer with M = 100 for 5 classes by the reference generator at its
 * published sizes: noise, generator, prototypes and the prediction of a query.
 */
export function hallucination(count) {
  const session = new Session();
  const file = safetensors([...conv4Tensors(conv4()), ...referenceGenerator()]);
  const encoder = new Encoder(file);
  session.load(file);
  const random = uniform(9);
  const embed = (id) => {
    const rgba = Uint8Array.from({ length: SIZE * SIZE * 4 }, () => 256 * random());
    const picture = Picture.fromPixels(SIZE, SIZE, rgba);
    session.put(id, encoder.encode(picture));
    picture.free();
  };
  for (const id of pictures) embed(id);
  const timed = [];
  for (let seed = 0; seed <= GENERATOR_ROUNDS; seed++) {
    const started = performance.now();
    session.classify(task(count, seed));
    timed.push(performance.now() - started);
  }
  // The first call warms up.
  return timed.slice(1);
}

/** Milliseconds to bring a picture to a shipped model's size and encode it, a value for each round. */
export async function embedding(model, rounds) {
  const response = await fetch(`weights/${model}.safetensors`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  const encoder = new Encoder(new Uint8Array(await response.arrayBuffer()));
  const { width, height } = PICTURE;
  const rgba = Uint8Array.from(values(uniform(11), width * height * 4, 0, 255));
  const picture = Picture.fromPixels(width, height, rgba);
  const timed = [];
  for (let round = 0; round < rounds; round++) {
    timed.push(await time(() => encoder.encode(picture)));
  }
  picture.free();
  encoder.free();
  return timed;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
