/** `npm start` for a first impression in seconds, or `npm start -- --full` for a network that knows the rhyme by heart. */
import { parseArgs } from 'node:util';
import * as torch from 'torchlet';
import { GPT, sample, Tokenizer, train } from './gpt.js';
import { text } from './text.js';

const { full } = parseArgs({ options: { full: { type: 'boolean', default: false } } }).values;
const [size, steps, target] = full
  ? [{ T: 48, C: 48, heads: 4, layers: 2 }, 600, 0.25]
  : [{ T: 32, C: 32, heads: 2, layers: 2 }, 60, 2.3];

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
