/** Draws every scheduler's curve: `node dist/main.js [picture.svg]`; without a name, the one in `docs/images`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { draw } from './picture.js';
import { EPOCHS, misses, run, schedules } from './schedules.js';

const curves = schedules.map(run);
const shown = [0, 25, 50, 75, EPOCHS];
console.log(`${'epoch'.padEnd(28)}${shown.map((epoch) => String(epoch).padStart(10)).join('')}`);
for (const { schedule, lr } of curves) {
  console.log(`${schedule.name.padEnd(28)}${shown.map((epoch) => lr[epoch].toFixed(6).padStart(10)).join('')}`);
}

const wrong = curves.flatMap(misses);
if (wrong.length > 0) {
  console.error(`error:\n${wrong.join('\n')}`);
  process.exitCode = 1;
} else {
  const path = process.argv[2] ?? fileURLToPath(new URL('../../../docs/images/lr-schedules.svg', import.meta.url));
  writeFileSync(path, draw(curves));
  console.log(`drawn: ${path}`);
}
