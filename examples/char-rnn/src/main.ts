/** `npm start` learns two lines by heart, `npm start -- --full` three verses. */
import { parseArgs } from 'node:util';
import * as torch from 'torchlet';
import { Alphabet, CharRNN, recite, train } from './char-rnn.js';
import { text } from './text.js';

const { full } = parseArgs({ options: { full: { type: 'boolean', default: false } } }).values;
const lines = text.slice(0, text.indexOf('\nAll') + 1);
const [poem, H, steps] = full ? [text, 128, 100] : [lines, 64, 60];

torch.manual_seed(0);
const alphabet = new Alphabet(poem);
const net = new CharRNN(alphabet.letters.length, H);
train(net, alphabet.encode(poem), steps, (step, loss) => {
  if (step % (steps / 10) === 0) console.log(`step ${step}  loss ${loss.toFixed(3)}`);
});

const recited = recite(net, alphabet, poem.slice(0, 5), poem.length);
const mistake = [...poem].findIndex((letter, i) => letter !== recited[i]);
console.log(`\n${recited}`);
if (mistake < 0) console.log(`${poem.length} letters by heart`);
else {
  console.error(`error: expected all ${poem.length} letters, but the first mistake comes after ${mistake}`);
  process.exitCode = 1;
}
