/**
 * Lets all optimizers run, prints the table of their steps and draws their ways: `node dist/main.js [picture.svg]`; without
 * a name, the picture in `docs/images`. `--tune` instead looks for the learning rates that stand in racers.ts.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawRace } from './picture.js';
import { PROBLEMS } from './problems.js';
import { race } from './race.js';
import { RACERS } from './racers.js';
import { table } from './table.js';
import { tune } from './tune.js';

const { values, positionals } = parseArgs({
  options: { tune: { type: 'boolean', default: false } },
  allowPositionals: true,
});

if (values.tune) for (const line of tune(PROBLEMS)) console.log(line);
else {
  const results = RACERS.map((racer) => PROBLEMS.map((problem, i) => race(racer, problem, racer.rates[i])));
  const names = RACERS.map(({ name }) => name);
  process.stdout.write(table(PROBLEMS, names, results));
  const columns = PROBLEMS.map((_, i) => results.flatMap((runs) => runs[i] ?? []));
  const path = positionals[0] ?? fileURLToPath(new URL('../../../docs/images/optimizer-race.svg', import.meta.url));
  writeFileSync(path, await drawRace(PROBLEMS, columns));
  console.log(`\ndrawn: ${path}`);
}
