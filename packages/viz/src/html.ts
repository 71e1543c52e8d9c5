/** The autograd explorer: one page with its style, its program and its data. */
import { readAsset } from '#platform';
import { MAX_NODES } from './dot.js';
import { draw } from './fold.js';
import type { GraphNode } from './graph.js';
import type { RecordingData } from './recording.js';
import { toSvg } from './svg.js';

/** In the order in which they need each other. */
const PROGRAM = ['format.js', 'tensor-view.js', 'details.js', 'graph-view.js', 'main.js'];

/** A graph's picture, and which box stands for each node. */
interface Picture {
  readonly svg: string;
  readonly boxes: Readonly<Record<number, string>>;
  readonly folded: string | null;
}

export function pageOf({ steps, tensors }: RecordingData): string {
  const pictures: Picture[] = [];
  const known = new Map<string, number>();
  const data = {
    tensors,
    steps: steps.map(({ nodes, events }) => {
      const key = JSON.stringify(nodes.map(({ line: _, ...node }) => node));
      const picture = known.get(key) ?? pictures.push(pictureOf(nodes)) - 1;
      known.set(key, picture);
      return { nodes, events, picture };
    }),
    pictures,
  };
  return readAsset('page.html')
    .replace('/* style */', () => readAsset('style.css'))
    .replace('/* program */', () => PROGRAM.map((name) => inlined(readAsset(name))).join('\n'))
    .replace('"data"', () => JSON.stringify(data).replaceAll('<', '\\u003c'));
}

function pictureOf(nodes: readonly GraphNode[]): Picture {
  const drawing = draw(nodes, MAX_NODES);
  const boxes = Object.fromEntries(
    drawing.boxes
      .filter(({ kind }) => kind !== 'copy')
      .flatMap(({ id, members }) => members.map((node) => [node.id, id])),
  );
  return { svg: toSvg(drawing), boxes, folded: drawing.folded };
}

/** The modules of the program become one script: their names are unique. */
const inlined = (source: string): string => source.replace(/^import [^;]*;\n/gm, '').replace(/^export /gm, '');
