/** What the benchmarks' command lines have in common. */
import { existsSync } from 'node:fs';
import { Command, type CommanderError, InvalidArgumentError } from 'commander';

/** A benchmark's command line: `--help` shows its options and leaves with 0; one that is wrong is named, and leaves with 2. */
export function commandLine(usage: string, description: string): Command {
  return new Command(usage)
    .description(description)
    .usage('[options]')
    .helpOption('--help', 'show this')
    .showHelpAfterError('(--help shows every option)')
    .exitOverride(({ exitCode }: CommanderError) => process.exit(exitCode === 0 ? 0 : 2));
}

/** The options of this process. */
export function optionsOf<T extends object>(program: Command): T {
  // npm takes the -- of `npm run bench -- --threads 1` away, pnpm hands it on
  const own = process.argv.slice(2).filter((argument) => argument !== '--');
  return program.parse(own, { from: 'user' }).opts<T>();
}

export function count(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (!(value > 0 && Number.isSafeInteger(value))) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
}

/** Of `1,2`: both numbers. */
export const counts = (text: string): number[] => text.split(',').map(count);

export function seconds(text: string): number {
  const value = /^\d+([.]\d*)?$/.test(text) ? Number(text) : 0;
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number of seconds above 0.');
  return value;
}

export function folder(path: string): string {
  if (!existsSync(path)) throw new InvalidArgumentError('There is no such folder.');
  return path;
}

/** A parser of names separated by commas. */
export const namesOf =
  (all: readonly string[]) =>
  (text: string): string[] => {
    const names = text.split(',');
    const unknown = names.filter((name) => !all.includes(name));
    if (unknown.length > 0) throw new InvalidArgumentError(`Expected some of ${all.join(', ')}, separated by commas.`);
    return names;
  };
