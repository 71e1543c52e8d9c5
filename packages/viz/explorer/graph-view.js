/** The graph: Graphviz's picture, in which the current node is marked. */

const LEAST_ZOOM = 0.05;

export class GraphView {
  #canvas;
  #svg = null;
  #size = [1, 1];
  #zoom = 1;
  #picture = null;
  #current = null;

  /** @param pick is told the number of a node that the reader has clicked */
  constructor(canvas, pick) {
    this.#canvas = canvas;
    canvas.addEventListener('click', (event) => {
      const box = event.target.closest('.node');
      if (box !== null) pick(this.#nodesIn(box.id));
    });
    canvas.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15);
      },
      { passive: false },
    );
  }

  /** The nodes that a box stands for; a copy stands for the node whose copy it is. */
  #nodesIn(id) {
    const own = id.split('_')[0];
    return Object.entries(this.#picture.boxes)
      .filter(([, box]) => box === own)
      .map(([node]) => Number(node));
  }

  show(picture) {
    if (picture === this.#picture) return;
    this.#picture = picture;
    this.#canvas.innerHTML = picture.svg;
    this.#svg = this.#canvas.querySelector('svg');
    const { width, height } = this.#svg.viewBox.baseVal;
    // Graphviz counts in points
    this.#size = [(width * 4) / 3, (height * 4) / 3];
    for (const title of this.#svg.querySelectorAll('title')) title.remove();
    this.fit(1);
  }

  /** The whole graph, but never smaller than can be read while it is followed, unless `least` allows it. */
  fit(least = LEAST_ZOOM) {
    const [width, height] = this.#size;
    const room = [this.#canvas.clientWidth - 24, this.#canvas.clientHeight - 24];
    const whole = Math.min(room[0] / width, room[1] / height, 1);
    this.#setZoom(Math.max(whole, Math.min(least, Math.max(0.45, Math.min(1, room[0] / width)))));
  }

  zoomBy(factor) {
    this.#setZoom(this.#zoom * factor);
    this.#reveal();
  }

  #setZoom(zoom) {
    this.#zoom = Math.min(4, Math.max(LEAST_ZOOM, zoom));
    this.#svg.setAttribute('width', String(this.#size[0] * this.#zoom));
    this.#svg.setAttribute('height', String(this.#size[1] * this.#zoom));
  }

  /** Marks a node, and those that came before it in its phase. */
  mark(node, visited, phase) {
    this.#canvas.dataset.phase = phase;
    const boxes = new Set(visited.map((id) => this.#picture.boxes[id]));
    const current = node === null ? null : this.#picture.boxes[node];
    for (const box of this.#svg.querySelectorAll('.node')) {
      box.classList.toggle('visited', boxes.has(box.id));
      box.classList.toggle('current', box.id === current);
    }
    this.#current = current;
    this.#reveal();
  }

  #reveal() {
    const box = this.#current === null ? null : this.#svg.getElementById(this.#current);
    if (box === null) return;
    const [inner, outer] = [box.getBoundingClientRect(), this.#canvas.getBoundingClientRect()];
    const margin = 40;
    const isSeen =
      inner.top >= outer.top + margin &&
      inner.bottom <= outer.bottom - margin &&
      inner.left >= outer.left + margin &&
      inner.right <= outer.right - margin;
    if (isSeen) return;
    this.#canvas.scrollTop += inner.top + inner.height / 2 - (outer.top + outer.height / 2);
    this.#canvas.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }
}
