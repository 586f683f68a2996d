// Writes networks as ONNX files, as much of onnx.proto3 as the ones here need: float tensors, one
// input, one output, a batch of one. Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3

const IR_VERSION = 7;
// The last in which the bounds of Clip are attributes: OpenCV 4.6 knows them in no other way.
const OPSET = 10;
const FLOAT = 1;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };

/** Protocol buffers' wire format: fields one behind the other. */
class Message {
  #parts = [];

  number(field, value) {
    this.#varint(field << 3);
    this.#varint(value);
    return this;
  }

  float(field, value) {
    this.#varint((field << 3) | 5);
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#parts.push(bytes);
    return this;
  }

  /** Of a text, of bytes, or of another message. */
  block(field, content) {
    const bytes = content instanceof Message ? content.bytes() : Buffer.from(content);
    this.#varint((field << 3) | 2);
    this.#varint(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  bytes() {
    return Buffer.concat(this.#parts);
  }

  #varint(value) {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
    this.#parts.push(Buffer.from([...bytes, value]));
  }
}

/** A whole number, a list of whole numbers, or `{ float }`. */
function attributeMessage(name, value) {
  const message = new Message().block(1, name);
  if (Array.isArray(value)) {
    for (const one of value) message.number(8, one);
    return message.number(20, ATTRIBUTE.ints);
  }
  if (typeof value === 'number') return message.number(3, value).number(20, ATTRIBUTE.int);
  return message.float(2, value.float).number(20, ATTRIBUTE.float);
}

function valueMessage(name, shape) {
  const sizes = new Message();
  for (const size of shape) sizes.block(1, new Message().number(1, size));
  const tensor = new Message().number(1, FLOAT).block(2, sizes);
  return new Message().block(1, name).block(2, new Message().block(1, tensor));
}

/** A network in the making: nodes in the order in which they run. */
export class Graph {
  #nodes = [];
  #weights = [];

  /** Takes a tensor in and gives the name that nodes know it by. */
  weights({ shape, values }) {
    const name = `w${this.#weights.length}`;
    const message = new Message();
    for (const size of shape) message.number(1, size);
    // Floats are little endian in the file, as they are in memory wherever Node runs.
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    this.#weights.push(message.number(2, FLOAT).block(8, name).block(9, bytes));
    return name;
  }

  /** Adds a node, gives the name of what comes out. */
  node(kind, inputs, attributes = {}) {
    const name = `n${this.#nodes.length}`;
    const message = new Message();
    for (const input of inputs) message.block(1, input);
    message.block(2, name).block(3, name).block(4, kind);
    for (const [key, value] of Object.entries(attributes)) {
      message.block(5, attributeMessage(key, value));
    }
    this.#nodes.push(message);
    return name;
  }

  /** The file. `input` and `output` are `{ name, shape }`. */
  encode(name, input, output) {
    const graph = new Message();
    for (const node of this.#nodes) graph.block(1, node);
    graph.block(2, name);
    for (const tensor of this.#weights) graph.block(5, tensor);
    graph.block(11, valueMessage(input.name, input.shape));
    graph.block(12, valueMessage(output.name, output.shape));
    const opset = new Message().block(1, '').number(2, OPSET);
    return new Message().number(1, IR_VERSION).block(2, 'filoscope').block(7, graph).block(8, opset).bytes();
  }
}
