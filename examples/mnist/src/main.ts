import { TorchletError } from 'torchlet';
import { RunError } from './errors.js';
import { parseOptions } from './options.js';
import { run } from './run.js';

/** One line for what the user can change; everything for what only we can. */
function report(error: unknown): void {
  const isExpected = error instanceof TorchletError || error instanceof RunError;
  console.error(isExpected && !process.env.DEBUG ? `error: ${error.message}` : error);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if ('exitCode' in options) return options.exitCode;
  try {
    return await run(options);
  } catch (error) {
    report(error);
    return 1;
  }
}

process.exitCode = await main();
