/** A random EfficientNet-Lite0 (Tan and Le 2019, without squeeze-and-excitation), 224 pixels. */
import { uniform, values } from "./weights.js";

const SIZE = 224;
const EPSILON = 1e-3;
const STEM = 32;
const HEAD = 1280;
/** Blocks, kernel, stride of the first, growth within a block, channels out. */
const STAGES = [
  [1, 3, 1, 1, 16],
  [2, 3, 2, 6, 24],
  [2, 5, 2, 6, 40],
  [3, 3, 2, 6, 80],
  [3, 5, 1, 6, 112],
  [4, 5, 2, 6, 192],
  [1, 3, 1, 6, 320],
];

/** Every convolution in the order in which it is applied, with its BatchNorm by PyTorch's names. */
export function efficientNetLite0() {
  const random = uniform(3);
  const layers = [];
  const add = (names, kind, input, output, kernel, stride, activation) => {
    const fan = kernel * kernel * (kind === "depthwise" ? 1 : input);
    const bound = Math.sqrt(6 / fan);
    layers.push({
      names,
      kind,
      input,
      output,
      kernel,
      stride,
      activation,
      weight: values(random, output * fan, -bound, bound),
      gamma: values(random, output, 0.8, 1.2),
      beta: values(random, output, -0.1, 0.1),
      mean: values(random, output, -0.1, 0.1),
      variance: values(random, output, 0.8, 1.2),
    });
    return layers.at(-1);
  };
  add(["_conv_stem", "_bn0"], "convolution", 3, STEM, 3, 2, "relu6");
  let input = STEM;
  let block = 0;
  for (const [count, kernel, firstStride, growth, output] of STAGES) {
    for (let i = 0; i < count; i++, block++) {
      const named = (convolution, norm) =>
        [convolution, norm].map((name) => `_blocks.${block}.${name}`);
      const [inner, stride] = [input * growth, i === 0 ? firstStride : 1];
      if (growth > 1)
        add(named("_expand_conv", "_bn0"), "convolution", input, inner, 1, 1, "relu6");
      add(named("_depthwise_conv", "_bn1"), "depthwise", inner, inner, kernel, stride, "relu6");
      const project = add(named("_project_conv", "_bn2"), "convolution", inner, output, 1, 1);
      project.residual = stride === 1 && input === output;
      input = output;
    }
  }
  add(["_conv_head", "_bn1"], "convolution", input, HEAD, 1, 1, "relu6");
  return layers;
}

/** By the names of the learner's file. */
export function efficientNetTensors(layers) {
  return layers.flatMap(({ names: [convolution, norm], kind, input, output, kernel, ...layer }) => {
    const shape = [output, kind === "depthwise" ? 1 : input, kernel, kernel];
    const vector = (name, data) => [`encoder.${norm}.${name}`, [output], data];
    return [
      [`encoder.${convolution}.weight`, shape, layer.weight],
      vector("weight", layer.gamma),
      vector("bias", layer.beta),
      vector("running_mean", layer.mean),
      vector("running_var", layer.variance),
    ];
  });
}

/** As a graph with BatchNorm folded. */
export function efficientNetGraph(convolutions) {
  const layers = [];
  let blockInput = 0;
  for (const { gamma, beta, mean, variance, residual, ...layer } of convolutions) {
    const scale = gamma.map((gamma, channel) => gamma / Math.sqrt(variance[channel] + EPSILON));
    const share = layer.weight.length / layer.output;
    layers.push({
      ...layer,
      weight: layer.weight.map((value, index) => value * scale[Math.floor(index / share)]),
      bias: beta.map((beta, channel) => beta - mean[channel] * scale[channel]),
    });
    if (residual) layers.push({ kind: "add", from: blockInput });
    // A projection ends a block, and the next one adds what stands here.
    if (!layer.activation || layers.length === 1) blockInput = layers.length - 1;
  }
  layers.push({ kind: "mean" });
  return { name: "EfficientNet-Lite0", size: SIZE, layers };
}
