/**
 * Three ways to encode the same pictures with the same Conv-4. Each is made for a batch and
 * returns a function that encodes it and gives the features as the learner orders them.
 */
import init, { Session } from "./fewshot/fewshot_wasm.js";
import { onnx } from "./onnx.js";
import * as ort from "./ort/ort.wasm.min.mjs";
import { CHANNELS, folded, SIZE, safetensors } from "./weights.js";

const { tf } = globalThis;

export async function prepare() {
  await init({ module_or_path: new URL("./fewshot/fewshot_wasm_bg.wasm", import.meta.url) });
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
  tf.wasm.setWasmPaths(new URL("./tfjs/", import.meta.url).href);
  tf.wasm.setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    "onnxruntime-web": ort.env.versions.web ?? ort.env.versions.common,
    "TensorFlow.js": tf.version_core,
  };
}

/** The page's own module. */
export async function fewshot(blocks, pixels) {
  const session = new Session();
  session.load(safetensors(blocks));
  return async () => session.encode(pixels);
}

/** onnxruntime-web, WebAssembly backend. */
export async function onnxruntime(blocks, pixels, batch) {
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
  const session = await ort.InferenceSession.create(onnx(folded(blocks), batch), options);
  const images = new ort.Tensor("float32", pixels, [batch, 3, SIZE, SIZE]);
  return async () => (await session.run({ images })).features.data;
}

/** TensorFlow.js, WebAssembly backend, in its own layout and with its fused convolution. */
export async function tensorflow(blocks, pixels, batch) {
  const layers = folded(blocks).map(({ input, weight, bias }) => ({
    // From (O, I, 3, 3) to (3, 3, I, O).
    filter: tf.transpose(tf.tensor(weight, [CHANNELS, input, 3, 3]), [2, 3, 1, 0]),
    bias: tf.tensor1d(bias),
  }));
  const images = tf.transpose(tf.tensor(pixels, [batch, 3, SIZE, SIZE]), [0, 2, 3, 1]);
  return async () => {
    const features = tf.tidy(() => {
      let x = images;
      for (const { filter, bias } of layers) {
        const convolution = { x, filter, strides: 1, pad: "same", activation: "relu", bias };
        x = tf.maxPool(tf.fused.conv2d(convolution), 2, 2, "valid");
      }
      return x;
    });
    const data = await features.data();
    features.dispose();
    return data;
  };
}

/** TensorFlow.js's features, (B, 5, 5, 64), in the order of the others, (B, 64, 5, 5). */
export function reordered(features, batch) {
  const area = features.length / batch / CHANNELS;
  return Float32Array.from(features, (_, index) => {
    const image = Math.floor(index / (CHANNELS * area));
    const [channel, pixel] = [Math.floor(index / area) % CHANNELS, index % area];
    return features[(image * area + pixel) * CHANNELS + channel];
  });
}
