/**
 * What `lerp` does to an element, for the text of an update: from `from` to `to` by `weight`. Exact at both ends, and NaN
 * from infinity on, as in PyTorch.
 */
export const lerp = (from: string, to: string, weight: string): string =>
  `(${weight} < 0.5 ? ${from} + ${weight} * (${to} - ${from}) : ${to} - (${to} - ${from}) * (1 - ${weight}))`;
