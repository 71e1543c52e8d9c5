/** TensorFlow.js on its WebAssembly backend. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

const BATCH = 64;
const weight = (...shape) => tf.variable(tf.randomNormal(shape, 0, 0.05));
const dense = (x, [w, b]) => tf.add(tf.matMul(x, w), b);

/** Channels last, which is this framework's own order. */
function lenet(x, [c1, c2, d1, d2]) {
  const a = tf.relu(tf.add(tf.conv2d(x, c1[0], 1, 'same'), c1[1]));
  const b = tf.relu(tf.add(tf.conv2d(tf.maxPool(a, 2, 2, 'valid'), c2[0], 1, 'same'), c2[1]));
  const c = tf.reshape(tf.maxPool(b, 2, 2, 'valid'), [BATCH, 1568]);
  return dense(tf.relu(dense(c, d1)), d2);
}

const lenetParams = () => [
  [weight(3, 3, 1, 16), weight(16)],
  [weight(3, 3, 16, 32), weight(32)],
  [weight(1568, 128), weight(128)],
  [weight(128, 10), weight(10)],
];

const crossEntropy = (scores, targets) => tf.mean(tf.neg(tf.sum(tf.mul(tf.logSoftmax(scores), targets), 1)));
const targets = () =>
  tf.oneHot(
    tf.tensor1d(
      Array.from({ length: BATCH }, (_, i) => i % 10),
      'int32',
    ),
    10,
  );

function mlpStep() {
  const params = [
    [weight(784, 256), weight(256)],
    [weight(256, 128), weight(128)],
    [weight(128, 10), weight(10)],
  ];
  const x = tf.randomNormal([BATCH, 784]);
  const y = tf.cast(targets(), 'float32');
  const optimizer = tf.train.adam(1e-6);
  const scores = () => {
    const a = tf.relu(dense(x, params[0]));
    return dense(tf.relu(dense(a, params[1])), params[2]);
  };
  return async () => {
    const loss = optimizer.minimize(() => crossEntropy(scores(), y), true);
    await loss.data();
    loss.dispose();
  };
}

function lenetForward() {
  const params = lenetParams();
  const x = tf.randomNormal([BATCH, 28, 28, 1]);
  return async () => {
    const scores = tf.tidy(() => lenet(x, params));
    await scores.data();
    scores.dispose();
  };
}

function matmul() {
  const a = tf.randomNormal([512, 512]);
  const b = tf.randomNormal([512, 512]);
  return async () => {
    const product = tf.matMul(a, b);
    await product.data();
    product.dispose();
  };
}

export async function open() {
  const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm');
  setWasmPaths(`${dirname(wasm)}/`);
  setThreadsCount(1);
  await tf.setBackend('wasm');
  return {
    name: `tfjs ${tf.version.tfjs}, wasm`,
    steps: {
      'LeNet forward, batch 64': lenetForward(),
      'MLP step, batch 64, Adam': mlpStep(),
      'matmul 512': matmul(),
    },
    notes:
      'The WebAssembly backend of tfjs has no gradient of a convolution by its filter, so it cannot train a LeNet.',
  };
}
