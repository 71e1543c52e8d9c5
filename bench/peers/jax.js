/** jax-js on its WebAssembly backend, whole steps under `jit`. An array that is passed on is consumed; `ref` keeps it. */
// outside of a browser there is no such object, which jax-js asks for the number of cores
globalThis.navigator ??= { hardwareConcurrency: 1, userAgent: '' };
const { init, jit, lax, nn, numpy: np, random, tree, valueAndGrad } = await import('@jax-js/jax');

const BATCH = 64;
let keys = 0;
const normal = (shape) => random.normal(random.key(keys++), shape);
const weight = (shape) => normal(shape).mul(0.05);
const map = (params, f) => Object.fromEntries(Object.entries(params).map(([key, value]) => [key, f(value, key)]));

const crossEntropy = (scores, targets) => np.mean(np.sum(nn.logSoftmax(scores).mul(targets), 1)).neg();
const linear = (x, w, b) => np.matmul(x, w.transpose()).add(b);
const pool = (x, channels, size) => np.max(x.reshape([BATCH, channels, size / 2, 2, size / 2, 2]), [3, 5]);

function lenet(p, x) {
  const a = lax.conv(x, p.w1, [1, 1], 'SAME').add(p.b1.reshape([1, 16, 1, 1]));
  const b = lax.conv(pool(nn.relu(a), 16, 28), p.w2, [1, 1], 'SAME').add(p.b2.reshape([1, 32, 1, 1]));
  const c = pool(nn.relu(b), 32, 14).reshape([BATCH, 1568]);
  return linear(nn.relu(linear(c, p.w3, p.b3)), p.w4, p.b4);
}

const lenetParams = () => ({
  w1: weight([16, 1, 3, 3]),
  b1: weight([16]),
  w2: weight([32, 16, 3, 3]),
  b2: weight([32]),
  w3: weight([128, 1568]),
  b3: weight([128]),
  w4: weight([10, 128]),
  b4: weight([10]),
});

function mlp(p, x) {
  const a = nn.relu(linear(x, p.w1, p.b1));
  return linear(nn.relu(linear(a, p.w2, p.b2)), p.w3, p.b3);
}

const mlpParams = () => ({
  w1: weight([256, 784]),
  b1: weight([256]),
  w2: weight([128, 256]),
  b2: weight([128]),
  w3: weight([10, 128]),
  b3: weight([10]),
});

const zerosLike = (params) => map(params, (p) => np.zeros(p.shape));
const targets = () => {
  const labels = Int32Array.from({ length: BATCH }, (_, i) => i % 10);
  return nn.oneHot(np.array(labels, { dtype: np.int32 }), 10);
};

function gradients(model, params, x, y) {
  const loss = (p, x, y) => crossEntropy(model(p, x), y);
  return valueAndGrad(loss)(
    map(params, (p) => p.ref),
    x,
    y,
  );
}

/** A step of `update`, a function of parameters, state, images and targets that gives the first two and the loss. */
function training(update, params, state, x) {
  const step = jit(update);
  const y = targets();
  let [p, s] = [params, state];
  return async () => {
    const [nextP, nextS, loss] = step(p, s, x.ref, y.ref);
    [p, s] = [nextP, nextS];
    await loss.data();
  };
}

function lenetStep() {
  const update = (params, velocity, x, y) => {
    const [loss, grads] = gradients(lenet, params, x, y);
    const next = map(velocity, (v, key) => v.mul(0.9).add(grads[key]));
    return [map(params, (p, key) => p.sub(next[key].ref.mul(1e-6))), next, loss];
  };
  const params = lenetParams();
  return training(update, params, zerosLike(params), normal([BATCH, 1, 28, 28]));
}

function mlpStep() {
  // Adam without the correction of its first steps, which costs nothing
  const update = (params, { m, v }, x, y) => {
    const [loss, grads] = gradients(mlp, params, x, y);
    const nextM = map(m, (old, key) => old.mul(0.9).add(grads[key].ref.mul(0.1)));
    const nextV = map(v, (old, key) => old.mul(0.999).add(np.square(grads[key]).mul(0.001)));
    const delta = (key) => nextM[key].ref.div(np.sqrt(nextV[key].ref).add(1e-8)).mul(1e-6);
    return [map(params, (p, key) => p.sub(delta(key))), { m: nextM, v: nextV }, loss];
  };
  const params = mlpParams();
  return training(update, params, { m: zerosLike(params), v: zerosLike(params) }, normal([BATCH, 784]));
}

function lenetForward() {
  const forward = jit(lenet);
  const params = lenetParams();
  const x = normal([BATCH, 1, 28, 28]);
  return async () => {
    await forward(tree.ref(params), x.ref).data();
  };
}

function matmul() {
  const a = normal([512, 512]);
  const b = normal([512, 512]);
  return async () => {
    await np.matmul(a.ref, b.ref).data();
  };
}

export async function open() {
  await init('wasm');
  return {
    name: 'jax-js 0.1.25, wasm',
    steps: {
      'LeNet step, batch 64': lenetStep(),
      'LeNet forward, batch 64': lenetForward(),
      'MLP step, batch 64, Adam': mlpStep(),
      'matmul 512': matmul(),
    },
  };
}
