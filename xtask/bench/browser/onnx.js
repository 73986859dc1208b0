/** A graph as an ONNX model: the few protocol-buffer messages that takes. */
import { same, shapes } from "./graph.js";

const FLOAT = 1;
const INT = 2;
const INTS = 7;

export function onnx(graph, batch) {
  const nodes = [];
  const initializers = [];
  const sizes = shapes(graph);
  const outputs = [];
  const node = (type, inputs, output, attributes = []) => {
    nodes.push([
      ...inputs.map((name) => text(1, name)),
      text(2, output),
      text(4, type),
      ...attributes.map(([name, value]) => message(5, attribute(name, value))),
    ]);
  };
  const constant = (name, shape, data) => {
    initializers.push(tensor(name, shape, data));
    return name;
  };
  constant("zero", [], new Float32Array([0]));
  constant("six", [], new Float32Array([6]));
  graph.layers.forEach((layer, index) => {
    const from = outputs[index - 1] ?? "images";
    const to = `layer${index}`;
    if (layer.kind === "convolution" || layer.kind === "depthwise") {
      const { input, output, kernel, stride, weight, bias, activation } = layer;
      const side = sizes[index - 1]?.side ?? graph.size;
      const { before, after } = same(side, kernel, stride);
      const isDepthwise = layer.kind === "depthwise";
      const shape = [output, isDepthwise ? 1 : input, kernel, kernel];
      const inputs = [constant(`weight${index}`, shape, weight), constant(`bias${index}`, [output], bias)];
      const linear = activation ? `${to}linear` : to;
      node("Conv", [from, ...inputs], linear, [
        ["kernel_shape", [kernel, kernel]],
        ["strides", [stride, stride]],
        ["pads", [before, before, after, after]],
        ["group", isDepthwise ? output : 1],
      ]);
      if (activation === "relu") node("Relu", [linear], to);
      else if (activation === "relu6") node("Clip", [linear, "zero", "six"], to);
    } else if (layer.kind === "pool") {
      node("MaxPool", [from], to, [
        ["kernel_shape", [2, 2]],
        ["strides", [2, 2]],
      ]);
    } else if (layer.kind === "add") node("Add", [from, outputs[layer.from]], to);
    else node("GlobalAveragePool", [from], to);
    outputs.push(to);
  });
  node("Flatten", [outputs.at(-1)], "features", [["axis", 1]]);
  const { side, channels } = sizes.at(-1);
  const main = [
    ...nodes.map((node) => message(1, node)),
    text(2, graph.name),
    ...initializers.map((tensor) => message(5, tensor)),
    message(11, value("images", [batch, 3, graph.size, graph.size])),
    message(12, value("features", [batch, channels * side * side])),
  ];
  const operators = [text(1, ""), number(2, 17)];
  return bytes([number(1, 8), message(7, main), message(8, operators)]);
}

function attribute(name, value) {
  const many = Array.isArray(value);
  const content = many ? value.map((value) => number(8, value)) : [number(3, value)];
  return [text(1, name), ...content, number(20, many ? INTS : INT)];
}

function tensor(name, shape, data) {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [...shape.map((size) => number(1, size)), number(2, FLOAT), text(8, name), blob(9, raw)];
}

function value(name, shape) {
  const dimensions = shape.map((size) => message(1, [number(1, size)]));
  return [text(1, name), message(2, [message(1, [number(1, FLOAT), message(2, dimensions)])])];
}

// Protocol buffers: a field is a list of bytes, a message a list of fields.

function number(field, value) {
  return [...varint(field << 3), ...varint(value)];
}

function text(field, value) {
  return blob(field, new TextEncoder().encode(value));
}

function message(field, fields) {
  return blob(field, bytes(fields));
}

function blob(field, content) {
  const head = [...varint((field << 3) | 2), ...varint(content.length)];
  const whole = new Uint8Array(head.length + content.length);
  whole.set(head);
  whole.set(content, head.length);
  return whole;
}

function bytes(fields) {
  const whole = new Uint8Array(fields.reduce((length, field) => length + field.length, 0));
  let at = 0;
  for (const field of fields) {
    whole.set(field, at);
    at += field.length;
  }
  return whole;
}

function varint(value) {
  const digits = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) digits.push((rest & 127) | 128);
  digits.push(rest);
  return digits;
}
