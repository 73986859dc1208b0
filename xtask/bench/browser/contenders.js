/**
 * Four ways to encode the same pictures with the same network. Each is made for a batch and
 * returns a function that encodes it and gives the features.
 */
import { Encoder, initSync } from "./fewshot/fewshot_wasm.js";
import { permuted, shapes } from "./graph.js";
import { loadAndCompile, loadLiteRt, Tensor } from "./litert/index.js";
import { onnx } from "./onnx.js";
import * as ort from "./ort/ort.wasm.min.mjs";
import { tflite } from "./tflite.js";

const { tf } = globalThis;
const address = (path) => new URL(path, import.meta.url).href;

/** Starts every engine; `module` names the learner's own. */
export async function prepare(module) {
  const compiled = await WebAssembly.compileStreaming(fetch(address(`./fewshot/${module}`)));
  initSync({ module: compiled });
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = address("./ort/");
  tf.wasm.setWasmPaths(address("./tfjs/"));
  tf.wasm.setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  await loadLiteRt(address("./litert/wasm/"));
  return {
    "onnxruntime-web": ort.env.versions.web ?? ort.env.versions.common,
    "TensorFlow.js": tf.version_core,
  };
}

/** The page's own module. */
export function fewshot(file, pixels) {
  const encoder = new Encoder(file);
  return async () => encoder.encodeBatch(pixels);
}

/** onnxruntime-web, WebAssembly backend. */
export async function onnxruntime(graph, pixels, batch) {
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  const session = await ort.InferenceSession.create(onnx(graph, batch), options);
  const images = new ort.Tensor("float32", pixels, [batch, 3, graph.size, graph.size]);
  return async () => (await session.run({ images })).features.data;
}

/** LiteRT.js on the CPU: XNNPACK in WebAssembly, in its own layout. */
export async function litert(graph, pixels, batch) {
  const model = await loadAndCompile(tflite(graph, batch), { accelerator: "wasm" });
  const { size } = graph;
  const images = permuted(pixels, [batch, 3, size, size], [0, 2, 3, 1]);
  const input = new Tensor(images, [batch, size, size, 3]);
  return async () => {
    const [features] = await model.run([input]);
    const data = features.toTypedArray().slice();
    features.delete();
    return data;
  };
}

/** TensorFlow.js, WebAssembly backend, in its own layout and with its fused convolutions. */
export async function tensorflow(graph, pixels, batch) {
  const { size } = graph;
  const layers = graph.layers.map((layer) => {
    if (layer.kind !== "convolution" && layer.kind !== "depthwise") return layer;
    const { input, output, kernel, weight, bias } = layer;
    const isDepthwise = layer.kind === "depthwise";
    const filter = tf.tensor(weight, [output, isDepthwise ? 1 : input, kernel, kernel]);
    // To (k, k, I, O), or (k, k, C, 1).
    const order = isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0];
    return { ...layer, filter: tf.transpose(filter, order), bias: tf.tensor1d(bias) };
  });
  const images = tf.transpose(tf.tensor(pixels, [batch, 3, size, size]), [0, 2, 3, 1]);
  return async () => {
    const features = tf.tidy(() => {
      const outputs = [];
      for (const layer of layers) outputs.push(applied(layer, outputs.at(-1) ?? images, outputs));
      return outputs.at(-1);
    });
    const data = await features.data();
    features.dispose();
    return data;
  };
}

function applied({ kind, filter, bias, stride, activation, from }, x, outputs) {
  const convolution = { x, filter, strides: stride, pad: "same", bias };
  if (activation) convolution.activation = activation;
  if (kind === "convolution") return tf.fused.conv2d(convolution);
  if (kind === "depthwise") return tf.fused.depthwiseConv2d(convolution);
  if (kind === "pool") return tf.maxPool(x, 2, 2, "valid");
  return kind === "add" ? tf.add(x, outputs[from]) : tf.mean(x, [1, 2]);
}

/** Features with their channels last, (B, S, S, C), in the order of the others, (B, C, S, S). */
export function reordered(features, batch, graph) {
  const { side, channels } = shapes(graph).at(-1);
  return permuted(features, [batch, side, side, channels], [0, 3, 1, 2]);
}
