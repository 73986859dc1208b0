/** A graph as a TensorFlow Lite model, written with flatbuffers: the fields that it needs. */
import { Builder } from "./flatbuffers/flatbuffers.js";
import { permuted, shapes } from "./graph.js";

const FLOAT32 = 0;
const INT32 = 2;
/** Operators: their code, and the type of their options. */
const OPERATORS = {
  convolution: { code: 3, options: 1 },
  depthwise: { code: 4, options: 2 },
  pool: { code: 17, options: 5 },
  add: { code: 0, options: 11 },
  mean: { code: 40, options: 27 },
};
const KINDS = Object.keys(OPERATORS);
const ACTIVATIONS = { relu: 1, relu6: 3 };
const VERSION = 3;

export function tflite(graph, batch) {
  const tensors = [];
  // Buffer 0 is empty by agreement: what has no data names it.
  const buffers = [null];
  const tensor = (shape, type = FLOAT32, data = null) => {
    if (data) buffers.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return tensors.push({ shape, type, buffer: data ? buffers.length - 1 : 0 }) - 1;
  };
  const input = tensor([batch, graph.size, graph.size, 3]);
  const sizes = shapes(graph);
  const outputs = [];
  const operators = graph.layers.map((layer, index) => {
    const { side, channels } = sizes[index];
    const inputs = [index === 0 ? input : outputs[index - 1]];
    if (layer.kind === "convolution" || layer.kind === "depthwise") {
      const { input, output, kernel } = layer;
      const isDepthwise = layer.kind === "depthwise";
      const order = isDepthwise ? [1, 2, 3, 0] : [0, 2, 3, 1];
      const from = [output, isDepthwise ? 1 : input, kernel, kernel];
      const to = order.map((axis) => from[axis]);
      inputs.push(tensor(to, FLOAT32, permuted(layer.weight, from, order)));
      inputs.push(tensor([output], FLOAT32, layer.bias));
    } else if (layer.kind === "add") inputs.push(outputs[layer.from]);
    else if (layer.kind === "mean") inputs.push(tensor([2], INT32, new Int32Array([1, 2])));
    const shape = layer.kind === "mean" ? [batch, channels] : [batch, side, side, channels];
    outputs.push(tensor(shape));
    return { layer, inputs, output: outputs[index] };
  });
  return written({ tensors, buffers, operators, input, output: outputs.at(-1) });
}

function written({ tensors, buffers, operators, input, output }) {
  const builder = new Builder(1 << 20);
  const offsets = (list) => {
    builder.startVector(4, list.length, 4);
    for (const offset of [...list].reverse()) builder.addOffset(offset);
    return builder.endVector();
  };
  const integers = (list) => {
    builder.startVector(4, list.length, 4);
    for (const value of [...list].reverse()) builder.addInt32(value);
    return builder.endVector();
  };
  const bufferTable = offsets(
    buffers.map((bytes) => {
      const data = bytes && aligned(builder, bytes);
      return table(builder, 1, data === null ? [] : [["offset", 0, data]]);
    }),
  );
  const tensorTable = offsets(
    tensors.map(({ shape, type, buffer }, index) => {
      const [sizes, name] = [integers(shape), builder.createString(`t${index}`)];
      return table(builder, 4, [
        ["offset", 0, sizes],
        ["int8", 1, type],
        ["int32", 2, buffer],
        ["offset", 3, name],
      ]);
    }),
  );
  const operatorTable = offsets(
    operators.map(({ layer, inputs, output }) => {
      const [from, to] = [integers(inputs), integers([output])];
      const options = optionsOf(builder, layer);
      return table(builder, 5, [
        ["int32", 0, KINDS.indexOf(layer.kind)],
        ["offset", 1, from],
        ["offset", 2, to],
        ["int8", 3, OPERATORS[layer.kind].options],
        ["offset", 4, options],
      ]);
    }),
  );
  const [ins, outs, name] = [integers([input]), integers([output]), builder.createString("main")];
  const subgraph = table(builder, 5, [
    ["offset", 0, tensorTable],
    ["offset", 1, ins],
    ["offset", 2, outs],
    ["offset", 3, operatorTable],
    ["offset", 4, name],
  ]);
  const codes = offsets(
    KINDS.map((kind) => {
      const { code } = OPERATORS[kind];
      return table(builder, 4, [
        ["int8", 0, code],
        ["int32", 2, 1],
        ["int32", 3, code],
      ]);
    }),
  );
  const subgraphs = offsets([subgraph]);
  const model = table(builder, 5, [
    ["int32", 0, VERSION],
    ["offset", 1, codes],
    ["offset", 2, subgraphs],
    ["offset", 4, bufferTable],
  ]);
  builder.finish(model, "TFL3");
  return builder.asUint8Array();
}

function optionsOf(builder, { kind, kernel, stride, activation }) {
  const fused = ACTIVATIONS[activation] ?? 0;
  const strides = (size) => [
    ["int32", 1, size],
    ["int32", 2, size],
  ];
  const dilation = (at) => [
    ["int32", at, 1],
    ["int32", at + 1, 1],
  ];
  const fields = {
    convolution: () => [...strides(stride), ["int8", 3, fused], ...dilation(4)],
    depthwise: () => [...strides(stride), ["int32", 3, 1], ["int8", 4, fused], ...dilation(5)],
    // Of maps with an odd side the last row is left out, as the learner does.
    pool: () => [["int8", 0, 1], ...strides(2), ["int32", 3, 2], ["int32", 4, 2]],
    add: () => [],
    mean: () => [["int8", 0, 0]],
  };
  return table(builder, 7, fields[kind](kernel));
}

/** A table with fields by their numbers, each written whatever its default is. */
function table(builder, count, fields) {
  builder.startObject(count);
  for (const [kind, field, value] of fields) {
    if (kind === "offset") builder.addFieldOffset(field, value, 0);
    else if (kind === "int8") builder.addFieldInt8(field, value, -1);
    else builder.addFieldInt32(field, value, -1);
  }
  return builder.endObject();
}

/** Weights begin at multiples of 16 bytes. */
function aligned(builder, bytes) {
  builder.startVector(1, bytes.length, 16);
  builder.space -= bytes.length;
  builder.bb.bytes().set(bytes, builder.space);
  return builder.endVector();
}
