/** `npm start` runs the whole tour, `npm start -- a d` only these lessons. Each ends in an error unless it prints PyTorch's lines. */
import { parseArgs } from 'node:util';

const LESSONS: Readonly<Record<string, string>> = {
  a: 'parameter-groups',
  b: 'zero-grad',
  c: 'state-dict',
  d: 'save-and-restore',
  e: 'add-param-group',
  f: 'training-step',
  g: 'schedulers',
};

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((letter) => !Object.hasOwn(LESSONS, letter));
if (unknown.length > 0) {
  console.error(`error: there is no lesson ${unknown.join(', ')}; there are ${Object.keys(LESSONS).join(', ')}`);
  process.exitCode = 1;
} else {
  for (const letter of positionals.length > 0 ? positionals : Object.keys(LESSONS)) {
    console.log(`\n== lesson ${letter}: ${LESSONS[letter].replaceAll('-', ' ')}`);
    // a lesson is a script: importing it runs it
    await import(`./lessons/${letter}-${LESSONS[letter]}.js`);
  }
}
