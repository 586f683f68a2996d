// A MobileNetV1 of TensorFlow Lite as ONNX: its quantised weights become floats; RGB in -1..1,
// [1, 3, side, side], in; its pooled features, [1, n], out. Source: TensorFlow Lite's schema.fbs,
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs

import { Table } from './flatbuffers.mjs';
import { Layers, permuted } from './layers.mjs';

// Fields by their numbers in the schema.
const MODEL = { operatorCodes: 1, subgraphs: 2, buffers: 4 };
const CODE = { builtin: 0 };
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const TENSOR = { shape: 0, type: 1, buffer: 2, quantization: 4 };
const QUANTIZATION = { scale: 2, zeroPoint: 3 };
const OPERATOR = { code: 0, inputs: 1, outputs: 2, options: 4 };
const CONVOLUTION = { padding: 0, strideWidth: 1, strideHeight: 2, activation: 3 };
const DEPTHWISE = { ...CONVOLUTION, activation: 4 };
const POOL = { padding: 0, strideWidth: 1, strideHeight: 2, filterWidth: 3, filterHeight: 4 };

const PADDINGS = ['same', 'valid'];
const ACTIVATIONS = { 0: 'linear', 1: 'relu', 3: 'relu6' };
const TYPES = {
  2: (bytes, i) => bytes.readInt32LE(4 * i),
  3: (bytes, i) => bytes.readUInt8(i),
};

/** A tensor of weights as floats; of one scale and one zero, as this network's are. */
function weightsOf(model, tensor) {
  const read = TYPES[tensor.byte(TENSOR.type)];
  const quantization = tensor.table(TENSOR.quantization);
  const [scale, ...more] = quantization?.floats(QUANTIZATION.scale) ?? [];
  if (!read || !scale || more.length > 0) throw new Error('weights that are quantised in another way');
  const [zero = 0] = quantization.longs(QUANTIZATION.zeroPoint);
  const bytes = model.tables(MODEL.buffers)[tensor.int(TENSOR.buffer)].block(0);
  const shape = tensor.ints(TENSOR.shape);
  const count = shape.reduce((all, size) => all * size, 1);
  return { shape, values: Float32Array.from({ length: count }, (_, i) => (read(bytes, i) - zero) * scale) };
}

function stepsOf(options, fields) {
  const padding = PADDINGS[options.byte(fields.padding)];
  if (!padding) throw new Error('an unknown padding');
  return { padding, strides: [options.int(fields.strideHeight), options.int(fields.strideWidth)] };
}

function convolution(layers, from, [kernel, bias], options, fields, axes) {
  const depthwise = fields === DEPTHWISE;
  const steps = stepsOf(options, fields);
  const out = layers.convolution(from, { kernel: permuted(kernel, axes), bias, ...steps, depthwise });
  return layers.activation(out, ACTIVATIONS[options.byte(fields.activation)]);
}

/** Operators by their number in the schema: kernels are [out, h, w, in], or [1, h, w, channels]. */
const OPERATORS = {
  1: (layers, from, _, options) => {
    const window = [options.int(POOL.filterHeight), options.int(POOL.filterWidth)];
    return layers.averagePool(from, { window, ...stepsOf(options, POOL) });
  },
  3: (layers, from, weights, options) =>
    convolution(layers, from, weights, options, CONVOLUTION, [0, 3, 1, 2]),
  4: (layers, from, weights, options) => convolution(layers, from, weights, options, DEPTHWISE, [3, 0, 1, 2]),
};

/** The bytes of the ONNX file. Throws where the file is damaged or holds another kind of network. */
export function convertTflite(bytes, name) {
  const model = Table.root(bytes, 'TFL3');
  const codes = model.tables(MODEL.operatorCodes).map((code) => code.byte(CODE.builtin));
  const [graph] = model.tables(MODEL.subgraphs);
  const tensors = graph.tables(SUBGRAPH.tensors);
  const [input] = graph.ints(SUBGRAPH.inputs);
  const layers = new Layers(tensors[input].ints(TENSOR.shape)[1]);
  const values = new Map([[input, layers.input]]);
  for (const operator of graph.tables(SUBGRAPH.operators)) {
    const convert = OPERATORS[codes[operator.int(OPERATOR.code)]];
    if (!convert) throw new Error(`an unknown operator: ${codes[operator.int(OPERATOR.code)]}`);
    const [from, ...weights] = operator.ints(OPERATOR.inputs);
    const tensorsOfIt = weights.map((index) => weightsOf(model, tensors[index]));
    const out = convert(layers, values.get(from), tensorsOfIt, operator.table(OPERATOR.options));
    values.set(operator.ints(OPERATOR.outputs)[0], out);
  }
  const [output] = graph.ints(SUBGRAPH.outputs);
  return layers.encode(name, layers.flatten(values.get(output)));
}
