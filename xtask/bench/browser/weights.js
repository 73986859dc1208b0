/** Random networks as the learner's files and folded for the peers; a seed makes each the same. */

export const SIZE = 84;
export const CHANNELS = 64;
const BLOCKS = 4;
const EPSILON = 1e-5;

/** Uniform in 0..1 from 32 bits of state (mulberry32): Math.random cannot be seeded. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` values, uniform in `low..high`. */
export function values(random, count, low, high) {
  return Float32Array.from({ length: count }, () => low + (high - low) * random());
}

/** Each block's convolution (O, I, 3, 3) with bias, and its BatchNorm. */
export function conv4() {
  const random = uniform(1);
  return Array.from({ length: BLOCKS }, (_, index) => {
    const input = index === 0 ? 3 : CHANNELS;
    const bound = Math.sqrt(6 / (9 * input));
    return {
      input,
      weight: values(random, CHANNELS * input * 9, -bound, bound),
      bias: values(random, CHANNELS, -0.1, 0.1),
      gamma: values(random, CHANNELS, 0.8, 1.2),
      beta: values(random, CHANNELS, -0.1, 0.1),
      mean: values(random, CHANNELS, -0.1, 0.1),
      variance: values(random, CHANNELS, 0.5, 1.5),
    };
  });
}

/** The same with BatchNorm folded into weight and bias. */
export function folded(blocks) {
  return blocks.map(({ input, weight, bias, gamma, beta, mean, variance }) => {
    const scale = gamma.map((gamma, channel) => gamma / Math.sqrt(variance[channel] + EPSILON));
    return {
      input,
      weight: weight.map((value, index) => value * scale[Math.floor(index / (9 * input))]),
      bias: bias.map((bias, channel) => (bias - mean[channel]) * scale[channel] + beta[channel]),
    };
  });
}

/** A Conv-4 by the names of the learner's file. */
export function conv4Tensors(blocks) {
  return blocks.flatMap((block, index) => {
    const vector = (name, data) => [`encoder.${index}.${name}`, [CHANNELS], data];
    return [
      [`encoder.${index}.0.weight`, [CHANNELS, block.input, 3, 3], block.weight],
      vector("0.bias", block.bias),
      vector("1.weight", block.gamma),
      vector("1.bias", block.beta),
      vector("1.running_mean", block.mean),
      vector("1.running_var", block.variance),
    ];
  });
}

/** The learner's file without metadata: everything is inferred from shapes. */
export function safetensors(tensors) {
  const header = {};
  let end = 0;
  for (const [name, shape, data] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  for (const [name, , data] of tensors) {
    const at = 8 + json.length + header[name].data_offsets[0];
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  }
  return bytes;
}

/** The reference generator (Wang et al. 2018) at the published sizes, random. */
export function referenceGenerator() {
  const random = uniform(2);
  const sizes = [
    [3200, 2400],
    [2400, 2400],
    [2400, 1600],
  ];
  return sizes.flatMap(([input, output], index) => {
    const bound = 1 / Math.sqrt(input);
    const name = `generator.linear${index + 1}`;
    return [
      [`${name}.weight`, [output, input], values(random, output * input, -bound, bound)],
      [`${name}.bias`, [output], values(random, output, -bound, bound)],
    ];
  });
}
