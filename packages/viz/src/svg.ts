/** A graph as a picture, arranged by Graphviz. */
import type { Tensor } from '@torchlet/tensor';
import { instance } from '@viz-js/viz';
import { type DrawOptions, drawingOf, toDot } from './dot.js';
import type { Drawing } from './fold.js';

// Graphviz starts only once, asynchronously, as WebAssembly does; drawing is synchronous then
const graphviz = await instance();

/**
 * The picture that {@link to_dot} describes, as SVG: a text to be written into a file or a page. It needs nothing from the
 * network.
 * @throws AutogradError for a tensor without a graph; ValueError for options that cannot be.
 */
export function to_svg(loss: Tensor, options?: DrawOptions): string {
  return toSvg(drawingOf('to_svg', loss, options));
}

export function toSvg(drawing: Drawing): string {
  const document = graphviz.renderString(toDot(drawing), { format: 'svg' });
  return document.slice(document.indexOf('<svg'));
}
