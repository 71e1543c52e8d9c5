/** `npm start` for a minute's work in seconds, or `npm start -- --full` for a larger network that says it by heart. */
import { parseArgs } from 'node:util';
import * as torch from 'torchlet';
import { GPT, sample, Tokenizer, train } from './gpt.js';
import { text } from './text.js';

const { full } = parseArgs({ options: { full: { type: 'boolean', default: false } } }).values;
const [size, steps, target] = full
  ? [{ T: 64, C: 64, heads: 4, layers: 3 }, 1000, 0.15]
  : [{ T: 32, C: 32, heads: 2, layers: 2 }, 200, 0.8];

torch.manual_seed(0);
const tokenizer = new Tokenizer(text);
const net = new GPT({ ...size, V: tokenizer.letters.length });
let mean = Math.log(tokenizer.letters.length);
train(net, tokenizer.encode(text), steps, (step, loss) => {
  mean += (loss - mean) / 20; // over the last twenty steps or so
  if (step % (steps / 10) === 0) console.log(`step ${step}  loss ${mean.toFixed(3)}`);
});

console.log(`\n${sample(net, tokenizer, 'This is the ', 300)}\n`);
console.log(`loss ${mean.toFixed(3)}`);
if (!(mean < target)) {
  console.error(`error: expected less than ${target}`);
  process.exitCode = 1;
}
