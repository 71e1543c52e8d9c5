/**
 * A running average's share of the next one, for the text of an update: `factor · average`. Where no gradient comes any more, an average
 * falls below the smallest normal number of its type after some hundred steps, stays there for good, and each product with it takes a
 * processor a hundred times as long as any other; so small it counts as the zero that it stands for. PyTorch computes with it.
 */
export const decayed = (factor: string, average: string): string => `${factor} * ${flushed(average)}`;

/**
 * The same for an average of squares, whose root divides. Without `eps` beside it the average stays what it is: a step after so small
 * a number is still a step, and after zero it is none.
 */
export const decayedSquare = (factor: string, average: string, eps: string): string =>
  `${factor} * (${eps} !== 0 && ${average} < tiny ? 0 : ${average})`;

/** A variable, or zero where it is below the smallest normal number of its type. */
export const flushed = (name: string): string => `(Math.abs(${name}) < tiny ? 0 : ${name})`;
