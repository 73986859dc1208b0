/** A folded Conv-4 as an ONNX model: the few protocol-buffer messages that takes. */
import { CHANNELS, SIZE } from "./weights.js";

const FLOAT = 1;
const INT = 2;
const INTS = 7;

export function onnx(blocks, batch) {
  const nodes = [];
  const initializers = [];
  let from = "images";
  const node = (type, inputs, attributes = []) => {
    const to = type === "Flatten" ? "features" : `${type}${nodes.length}`;
    nodes.push([
      ...inputs.map((name) => text(1, name)),
      text(2, to),
      text(4, type),
      ...attributes.map(([name, value]) => message(5, attribute(name, value))),
    ]);
    from = to;
  };
  blocks.forEach(({ input, weight, bias }, index) => {
    initializers.push(tensor(`weight${index}`, [CHANNELS, input, 3, 3], weight));
    initializers.push(tensor(`bias${index}`, [CHANNELS], bias));
    const convolution = [
      ["kernel_shape", [3, 3]],
      ["pads", [1, 1, 1, 1]],
    ];
    node("Conv", [from, `weight${index}`, `bias${index}`], convolution);
    node("Relu", [from]);
    const halving = [
      ["kernel_shape", [2, 2]],
      ["strides", [2, 2]],
    ];
    node("MaxPool", [from], halving);
  });
  node("Flatten", [from], [["axis", 1]]);
  const side = SIZE >> blocks.length;
  const graph = [
    ...nodes.map((node) => message(1, node)),
    text(2, "conv4"),
    ...initializers.map((tensor) => message(5, tensor)),
    message(11, value("images", [batch, 3, SIZE, SIZE])),
    message(12, value("features", [batch, CHANNELS * side * side])),
  ];
  const operators = [text(1, ""), number(2, 17)];
  return bytes([number(1, 8), message(7, graph), message(8, operators)]);
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
