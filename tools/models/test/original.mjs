// nsfwjs as it is, on the parts of TensorFlow.js that it needs: the package that it asks for brings
// WebGL and a command line too.

import { registerHooks } from 'node:module';

const PARTS = ['backend-cpu', 'core', 'layers', 'converter'];
const whole = PARTS.map((part) => `export * from '@tensorflow/tfjs-${part}';`).join('\n');
const address = new URL('tfjs.mjs', import.meta.url).href;

registerHooks({
  resolve: (wanted, context, next) =>
    wanted === '@tensorflow/tfjs'
      ? { url: address, format: 'module', shortCircuit: true }
      : next(wanted, context),
  load: (url, context, next) =>
    url === address ? { format: 'module', source: whole, shortCircuit: true } : next(url, context),
});

const tf = await import('@tensorflow/tfjs');
const { load } = await import('nsfwjs/core');

// The ways of saying it that nsfwjs uses; the package's own are in no file that Node reads.
Object.assign(tf.Tensor.prototype, {
  toFloat() {
    return tf.cast(this, 'float32');
  },
  div(other) {
    return tf.div(this, other);
  },
  reshape(shape) {
    return tf.reshape(this, shape);
  },
});
tf.enableProdMode();

/** Gives a function of a picture that gives its five shares in the order of NSFW_CLASSES. */
export async function originalNetwork(file, exported) {
  const { [exported]: network } = await import(`nsfwjs/models/${file}`);
  console.info = () => {}; // it says which model it loads
  const loaded = await load(network.name, { modelDefinitions: [network] });
  return ({ width, height, rgb }) => {
    const shares = loaded.infer(tf.tensor3d(rgb, [height, width, 3], 'int32'));
    return Array.from(shares.dataSync());
  };
}
