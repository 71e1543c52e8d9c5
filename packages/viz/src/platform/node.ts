import { readFileSync } from 'node:fs';

/** A file of the explorer, which lies beside the sources and beside what is built from them. */
export const readAsset = (name: string): string =>
  readFileSync(new URL(`../../explorer/${name}`, import.meta.url), 'utf8');
