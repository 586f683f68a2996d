// TensorFlow's layers as ONNX nodes: channels before rows and columns, padding in numbers.
// Tensors are `{ shape, values }`, values a Float32Array by rows; what flows through the network is
// `{ name, height, width, channels }`.

import { Graph } from './onnx.mjs';

const ACTIVATIONS = new Set(['linear', 'relu', 'relu6', 'softmax']);

/** The tensor with its axes in another order: [h, w, in, out] by [3, 2, 0, 1] is [out, in, h, w]. */
export function permuted({ shape, values }, axes) {
  const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((all, size) => all * size, 1));
  const sizes = axes.map((axis) => shape[axis]);
  const out = new Float32Array(values.length);
  const at = axes.map(() => 0);
  for (let i = 0; i < out.length; ++i) {
    out[i] = values[at.reduce((sum, index, axis) => sum + index * steps[axes[axis]], 0)];
    for (let axis = at.length - 1; axis >= 0 && ++at[axis] === sizes[axis]; --axis) at[axis] = 0;
  }
  return { shape: sizes, values: out };
}

/** A convolution [out, in, h, w] without bias and the normalisation behind it as one with bias. */
export function withNormalisation(kernel, { gamma, beta, mean, variance, epsilon }) {
  const count = kernel.shape[0];
  const each = kernel.values.length / count;
  const factors = Array.from(
    variance.values,
    (value, i) => (gamma?.values[i] ?? 1) / Math.sqrt(value + epsilon),
  );
  return {
    kernel: {
      shape: kernel.shape,
      values: kernel.values.map((value, i) => value * factors[Math.floor(i / each)]),
    },
    bias: {
      shape: [count],
      values: mean.values.map((value, i) => (beta?.values[i] ?? 0) - value * factors[i]),
    },
  };
}

/** What lies before and behind one side, and how long it comes out. `padding`: "same", "valid", or [before, behind]. */
function alongSide(size, window, stride, padding) {
  let [before, behind] = padding === 'valid' || padding === 'same' ? [0, 0] : padding;
  if (padding === 'same') {
    const missing = Math.max(0, (Math.ceil(size / stride) - 1) * stride + window - size);
    before = Math.floor(missing / 2);
    behind = missing - before;
  }
  return { before, behind, count: Math.floor((size + before + behind - window) / stride) + 1 };
}

function sides(from, window, strides, padding) {
  const [upright, level] = Array.isArray(padding) ? padding : [padding, padding];
  const rows = alongSide(from.height, window[0], strides[0], upright);
  const columns = alongSide(from.width, window[1], strides[1], level);
  return {
    size: { height: rows.count, width: columns.count },
    attributes: {
      kernel_shape: window,
      strides,
      pads: [rows.before, columns.before, rows.behind, columns.behind],
    },
  };
}

/** A network in the making, of layers as TensorFlow knows them. */
export class Layers {
  #graph = new Graph();

  constructor(sidePx) {
    this.input = { name: 'input', height: sidePx, width: sidePx, channels: 3 };
  }

  /** `kernel` is [out, in, h, w], or [channels, 1, h, w] where each channel goes by itself. */
  convolution(from, { kernel, bias, strides, padding, depthwise = false }) {
    const [channels, depth, ...window] = kernel.shape;
    if (depth !== (depthwise ? 1 : from.channels) || (depthwise && channels !== from.channels)) {
      throw new Error(`a kernel of ${kernel.shape} does not fit ${from.channels} channels`);
    }
    const { size, attributes } = sides(from, window, strides, padding);
    const inputs = [from.name, this.#graph.weights(kernel)];
    if (bias) inputs.push(this.#graph.weights(bias));
    const group = depthwise ? channels : 1;
    return { ...size, channels, name: this.#graph.node('Conv', inputs, { ...attributes, group }) };
  }

  activation(from, kind) {
    if (!ACTIVATIONS.has(kind)) throw new Error(`unknown activation: ${kind}`);
    if (kind === 'linear') return from;
    if (kind === 'relu') return { ...from, name: this.#graph.node('Relu', [from.name]) };
    if (kind === 'softmax') return { ...from, name: this.#graph.node('Softmax', [from.name], { axis: 1 }) };
    const bounds = { min: { float: 0 }, max: { float: 6 } };
    return { ...from, name: this.#graph.node('Clip', [from.name], bounds) };
  }

  /** The mean of each window; what is padded does not count. */
  averagePool(from, { window, strides, padding }) {
    const { size, attributes } = sides(from, window, strides, padding);
    return { ...from, ...size, name: this.#graph.node('AveragePool', [from.name], attributes) };
  }

  /** To a plain list of channels; only of 1 by 1, where the order of rows and channels is the same. */
  flatten(from) {
    if (from.height !== 1 || from.width !== 1)
      throw new Error(`${from.height} by ${from.width} places to flatten`);
    return { ...from, name: this.#graph.node('Flatten', [from.name], { axis: 1 }) };
  }

  /** `kernel` is [in, out]. */
  dense(from, kernel, bias) {
    const inputs = [from.name, this.#graph.weights(permuted(kernel, [1, 0])), this.#graph.weights(bias)];
    return { ...from, channels: kernel.shape[1], name: this.#graph.node('Gemm', inputs, { transB: 1 }) };
  }

  sum(one, other) {
    return { ...one, name: this.#graph.node('Add', [one.name, other.name]) };
  }

  /** By one number: kind is "Mul", "Sub" or "Add". */
  arithmetic(from, kind, number) {
    return { ...from, name: this.#graph.node(kind, [from.name, this.#scalar(number)]) };
  }

  encode(name, output) {
    const { height, width, channels } = this.input;
    return this.#graph.encode(
      name,
      { name: this.input.name, shape: [1, channels, height, width] },
      { name: output.name, shape: [1, output.channels] },
    );
  }

  #scalar(number) {
    return this.#graph.weights({ shape: [], values: Float32Array.of(number) });
  }
}
