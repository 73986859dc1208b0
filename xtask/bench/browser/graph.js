/**
 * A network as a list of layers that every engine can be given: convolutions with BatchNorm folded
 * and their activation, pooling, residual addition, mean. Weights are (O, I, k, k), those of a
 * depthwise convolution (C, 1, k, k); padding is TensorFlow's SAME.
 */

/** Output side of a layer, and what SAME pads before and after. */
export function same(side, kernel, stride) {
  const out = Math.ceil(side / stride);
  const total = Math.max(0, (out - 1) * stride + kernel - side);
  return { out, before: total >> 1, after: total - (total >> 1) };
}

/** Conv-4 from its folded blocks: convolution, ReLU, pooling; its features are not pooled. */
export function conv4Graph(blocks, size, channels) {
  const layers = blocks.flatMap(({ input, weight, bias }) => [
    {
      kind: "convolution",
      input,
      output: channels,
      kernel: 3,
      stride: 1,
      weight,
      bias,
      activation: "relu",
    },
    { kind: "pool" },
  ]);
  return { name: "Conv-4", size, layers };
}

/** Sides and channels after each layer, (side, channels). */
export function shapes({ size, layers }) {
  let [side, channels] = [size, 3];
  return layers.map((layer) => {
    if (layer.kind === "convolution" || layer.kind === "depthwise") {
      side = same(side, layer.kernel, layer.stride).out;
      channels = layer.output;
    } else if (layer.kind === "pool") side >>= 1;
    else if (layer.kind === "mean") side = 1;
    return { side, channels };
  });
}

/** (O, I, k, k) to another order of axes, given as positions in the old one. */
export function permuted(data, sizes, order) {
  const strides = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => sizes[axis]);
  const by = order.map((axis) => strides[axis]);
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < to[0]; a++)
    for (let b = 0; b < to[1]; b++)
      for (let c = 0; c < to[2]; c++)
        for (let d = 0; d < to[3]; d++)
          out[at++] = data[a * by[0] + b * by[1] + c * by[2] + d * by[3]];
  return out;
}
