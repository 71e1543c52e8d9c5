/**
 * The suite that every backend passes: each method of `Backend`, on every layout, dtype and edge that the interface
 * promises. Expected values come from loops over indices in float64, written without regard to the kernels.
 *
 * Plain functions, so that any runner can run them: `for (const c of conformanceCases) c.run(backend)`.
 */
import { attentionCases } from './conformance/attention.js';
import { convCases } from './conformance/conv.js';
import { elementwiseCases } from './conformance/elementwise.js';
import type { ConformanceCase } from './conformance/harness.js';
import { indexCases } from './conformance/indices.js';
import { matmulCases } from './conformance/matmul.js';
import { memoryCases } from './conformance/memory.js';
import { nllLossCases } from './conformance/nll-loss.js';
import { poolCases } from './conformance/pool.js';
import { reduceCases } from './conformance/reduce.js';
import { rowsCases } from './conformance/rows.js';
import { scanCases } from './conformance/scan.js';
import { updateCases } from './conformance/update.js';

export type { ConformanceCase } from './conformance/harness.js';

export const conformanceCases: readonly ConformanceCase[] = [
  ...memoryCases,
  ...elementwiseCases,
  ...updateCases,
  ...rowsCases,
  ...reduceCases,
  ...scanCases,
  ...indexCases,
  ...matmulCases,
  ...attentionCases,
  ...nllLossCases,
  ...convCases,
  ...poolCases,
];
