/** Autograd made visible. */
export { type DrawOptions, to_dot } from './dot.js';
export { type ExplainOptions, explain } from './explain.js';
export type { Named, Params } from './params.js';
export { to_svg } from './svg.js';
