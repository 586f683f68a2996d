// The classifiers that come inside nsfwjs as ONNX: RGB in 0..1, [1, 3, side, side], in; the shares
// of NSFW_CLASSES (Drawing, Hentai, Neutral, Porn, Sexy), [1, 5], out.
// Source: the formats of tf.loadLayersModel and tf.loadGraphModel, https://js.tensorflow.org/api/latest/

import { Layers, permuted, withNormalisation } from './layers.mjs';

const CLASSES_COUNT = 5;

/** By their names here and in nsfwjs; as exported by it: topology and weights, no TensorFlow.js. */
export const NETWORKS = {
  mobilenet_v2: 'MobileNetV2Model',
  mobilenet_v2_mid: 'MobileNetV2MidModel',
};

/** By name, the tensors of one byte a weight that lie one behind the other in the shards. */
function readWeights(groups, bytes) {
  const tensors = new Map();
  let at = 0;
  for (const { name, shape, quantization } of groups.flatMap(({ weights }) => weights)) {
    if (quantization?.dtype !== 'uint8') throw new Error(`${name} is not kept in bytes`);
    const size = shape.reduce((all, one) => all * one, 1);
    if (at + size > bytes.length) throw new Error(`the weights end before ${name}`);
    const { scale, min } = quantization;
    tensors.set(name, {
      shape,
      values: Float32Array.from(bytes.subarray(at, at + size), (byte) => byte * scale + min),
    });
    at += size;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes of weights are left over`);
  return tensors;
}

function wanted(tensors, name) {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`there are no weights ${name}`);
  return tensor;
}

/** Layers of Keras by class: each gives what comes out, of what goes in. */
const KERAS = {
  ZeroPadding2D: (net, [from], { padding }) => ({ ...from, padded: padding }),
  Conv2D: (net, [from], config) => convolutionOfKeras(net, from, config, false),
  DepthwiseConv2D: (net, [from], config) => convolutionOfKeras(net, from, config, true),
  BatchNormalization: (net, [from]) => from, // in the convolution before it
  ReLU: (net, [from], { max_value: most }) => net.layers.activation(from, most === 6 ? 'relu6' : 'relu'),
  Dropout: (net, [from]) => from, // only while it learns
  Add: (net, [one, other]) => net.layers.sum(one, other),
  AveragePooling2D: (net, [from], { pool_size: window, strides, padding }) =>
    net.layers.averagePool(from, { window, strides, padding }),
  Flatten: (net, [from]) => net.layers.flatten(from),
  Dense: (net, [from], { name, activation }) => {
    const [kernel, bias] = ['kernel', 'bias'].map((part) => wanted(net.tensors, `${name}/${part}`));
    return net.layers.activation(net.layers.dense(from, kernel, bias), activation);
  },
};

/** With the padding layer before it and the normalisation behind it. */
function convolutionOfKeras({ layers, tensors, normalisations }, from, config, depthwise) {
  const { name, strides, padding, use_bias: hasBias, activation } = config;
  const behind = normalisations.get(name);
  if (hasBias || !behind) throw new Error(`${name} has a bias, or no normalisation`);
  const kernel = depthwise
    ? permuted(wanted(tensors, `${name}/depthwise_kernel`), [2, 3, 0, 1])
    : permuted(wanted(tensors, `${name}/kernel`), [3, 2, 0, 1]);
  const folded = withNormalisation(kernel, {
    gamma: tensors.get(`${behind.name}/gamma`),
    beta: tensors.get(`${behind.name}/beta`),
    mean: wanted(tensors, `${behind.name}/moving_mean`),
    variance: wanted(tensors, `${behind.name}/moving_variance`),
    epsilon: behind.epsilon,
  });
  const out = layers.convolution(from, { ...folded, strides, padding: from.padded ?? padding, depthwise });
  return layers.activation(out, activation);
}

function sourcesOf(layer) {
  return (layer.inbound_nodes[0] ?? []).map(([source]) => source);
}

/** tf.loadLayersModel: layers with configurations, each behind those it takes from. */
function convertKeras(topology, tensors) {
  const all = topology.model_config.config.layers;
  const [first] = all;
  const layers = new Layers(first.config.batch_input_shape[1]);
  const normalisations = new Map();
  for (const layer of all) {
    if (layer.class_name === 'BatchNormalization') normalisations.set(sourcesOf(layer)[0], layer.config);
  }
  const values = new Map([[first.config.name, layers.input]]);
  let last;
  for (const layer of all.slice(1)) {
    const convert = KERAS[layer.class_name];
    if (!convert) throw new Error(`a layer of an unknown class: ${layer.class_name}`);
    const from = sourcesOf(layer).map((name) => values.get(name));
    last = convert({ layers, tensors, normalisations }, from, layer.config);
    values.set(layer.config.name, last);
  }
  return { layers, output: last };
}

const textOf = ({ s }) => Buffer.from(s, 'base64').toString();
const middle = ({ list }) => list.i.slice(1, 3).map(Number);
const FUSED = { BiasAdd: 'linear', Relu: 'relu', Relu6: 'relu6' };

/** The activation that is part of a node, which always has a bias. */
function fusedActivation({ fused_ops: fused }) {
  const names = fused.list.s.map((s) => textOf({ s }));
  const activation = FUSED[names.at(-1)];
  if (names[0] !== 'BiasAdd' || !activation) throw new Error(`nodes fused in another way: ${names}`);
  return activation;
}

function convolutionOfGraph(layers, [from, kernel, bias], attr, depthwise) {
  const out = layers.convolution(from, {
    kernel: permuted(kernel, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]),
    bias,
    strides: middle(attr.strides),
    padding: textOf(attr.padding).toLowerCase(),
    depthwise,
  });
  return layers.activation(out, fusedActivation(attr));
}

function arithmeticOfGraph(layers, kind, [one, other]) {
  if (kind === 'Sub' && one.values) throw new Error('a number less a value');
  const [value, number] = one.values ? [other, one] : [one, other];
  return layers.arithmetic(value, kind, number.values[0]);
}

/** Nodes of a graph by kind; weights come as tensors among what goes in. */
const GRAPH = {
  Mul: (layers, from) => arithmeticOfGraph(layers, 'Mul', from),
  Sub: (layers, from) => arithmeticOfGraph(layers, 'Sub', from),
  _FusedConv2D: (layers, from, attr) => convolutionOfGraph(layers, from, attr, false),
  FusedDepthwiseConv2dNative: (layers, from, attr) => convolutionOfGraph(layers, from, attr, true),
  AddV2: (layers, [one, other]) => layers.sum(one, other),
  AvgPool: (layers, [from], attr) =>
    layers.averagePool(from, {
      window: middle(attr.ksize),
      strides: middle(attr.strides),
      padding: textOf(attr.padding).toLowerCase(),
    }),
  Squeeze: (layers, [from]) => layers.flatten(from),
  _FusedMatMul: (layers, [from, kernel, bias], attr) =>
    layers.activation(layers.dense(from, kernel, bias), fusedActivation(attr)),
  Softmax: (layers, [from]) => layers.activation(from, 'softmax'),
  Identity: (layers, [from]) => from,
};

/** tf.loadGraphModel: nodes that name what they take, in the order in which they run. */
function convertGraph(topology, tensors) {
  const values = new Map(tensors);
  let layers, last;
  for (const { op, name, input = [], attr } of topology.node) {
    if (op === 'Const') continue;
    if (op === 'Placeholder') {
      layers = new Layers(Number(attr.shape.shape.dim[1].size));
      last = layers.input;
    } else {
      if (!GRAPH[op]) throw new Error(`a node of an unknown kind: ${op}`);
      last = GRAPH[op](
        layers,
        input.map((source) => wanted(values, source)),
        attr,
      );
    }
    values.set(name, last);
  }
  return { layers, output: last };
}

/** The bytes of the ONNX file. Throws where the package holds another network than is known here. */
export async function convertNsfw(name) {
  const { [NETWORKS[name]]: network } = await import(`nsfwjs/models/${name}`);
  const { default: model } = await network.modelJson();
  const shards = await Promise.all(network.weightBundles.map((bundle) => bundle()));
  const bytes = Buffer.concat(shards.map(({ default: text }) => Buffer.from(text, 'base64')));
  const tensors = readWeights(model.weightsManifest, bytes);
  const convert = model.modelTopology.node ? convertGraph : convertKeras;
  const { layers, output } = convert(model.modelTopology, tensors);
  if (output.channels !== CLASSES_COUNT) throw new Error(`${output.channels} classes, not ${CLASSES_COUNT}`);
  return layers.encode(name, output);
}
