/** `npm start`, or `npm start -- --full` for ten times as many steps and a smaller error. */
import { parseArgs } from 'node:util';
import * as torch from 'torchlet';
import { fitWave, Swish, SwishFunction } from './swish.js';

const { full } = parseArgs({ options: { full: { type: 'boolean', default: false } } }).values;
const [steps, target] = full ? [4000, 1e-5] : [400, 1e-3];

torch.manual_seed(0);

// The derivative, first and second, against finite differences: an error is thrown if they differ.
const x = torch.randn(3, 4, { dtype: 'float64', requires_grad: true });
const beta = torch.tensor(0.7, { dtype: 'float64', requires_grad: true });
const swish = (x: torch.Tensor, beta: torch.Tensor): torch.Tensor => SwishFunction.apply(x, beta);
torch.autograd.gradcheck(swish, [x, beta]);
torch.autograd.gradgradcheck(swish, [x, beta]);
console.log('first and second derivative agree with finite differences');

const [net, error] = fitWave(steps, (step, loss) => {
  if (step % (steps / 4) === 0) console.log(`step ${step}  loss ${loss.toExponential(2)}`);
});
const betas = [...net.modules()].filter((module) => module instanceof Swish).map(({ beta }) => beta.item().toFixed(3));
console.log(`learned β ${betas.join(', ')}`);
console.log(`mean squared error ${error.toExponential(2)}`);
if (!(error < target)) {
  console.error(`error: expected less than ${target}`);
  process.exitCode = 1;
}
