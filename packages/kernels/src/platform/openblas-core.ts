/**
 * OpenBLAS picks its kernels by the processor's model. A release older than the processor does not know the model and falls
 * back to SSE3, at a fifth of the speed (0.3.21 on a Sapphire Rapids: 17 GFLOP/s instead of 154 at n = 512).
 */
import { readFileSync } from 'node:fs';

/** Cores without AVX, which no processor with AVX2 should get. */
const OLD_CORES: ReadonlySet<string> = new Set([
  'Generic',
  'Katmai',
  'Coppermine',
  'Northwood',
  'Prescott',
  'Banias',
  'Core2',
  'Penryn',
  'Dunnington',
  'Atom',
  'Nehalem',
  'Barcelona',
  'Opteron',
]);

/** By what the processor has to know, the fastest first. */
const CORES: readonly (readonly [string, readonly string[]])[] = [
  ['SkylakeX', ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx2', 'fma']],
  ['Haswell', ['avx2', 'fma']],
];

function processorFlags(): ReadonlySet<string> {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    return new Set(line?.[1].trim().split(/\s+/) ?? []);
  } catch {
    return new Set();
  }
}

/** The core that OpenBLAS should rather use on this processor than the one it chose itself; null to leave it. */
export function betterCore(
  chosen: string,
  flags: ReadonlySet<string> = processorFlags(),
  asked: string | undefined = process.env.OPENBLAS_CORETYPE,
): string | null {
  // whoever sets the variable knows better
  if (asked !== undefined || !OLD_CORES.has(chosen)) return null;
  return CORES.find(([, needs]) => needs.every((flag) => flags.has(flag)))?.[0] ?? null;
}
